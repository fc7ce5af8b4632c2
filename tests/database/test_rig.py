def test_a_test_has_a_migrated_database_of_its_own(connection):
    assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


async def test_an_async_connection_reaches_the_same_kind_of_database(aconnection):
    cursor = await aconnection.execute("SELECT count(*) FROM procrastinate_jobs")
    assert await cursor.fetchone() == (0,)


def test_a_cluster_comes_back_after_a_kill(cluster):
    import psycopg

    cluster.kill()
    cluster.start()
    psycopg.connect(cluster.dsn).close()
    psycopg.connect(cluster.tcp_dsn).close()
