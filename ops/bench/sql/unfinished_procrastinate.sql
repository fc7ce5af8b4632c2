SELECT count(*) FROM procrastinate_jobs WHERE id > %(newest)s AND status IN ('todo', 'doing')
