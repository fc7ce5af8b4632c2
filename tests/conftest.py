"""The fixtures live in tests/fixtures/, one noun a file."""

pytest_plugins = [
    "advisorjobs.testing.plugin",
    "tests.fixtures.folders",
    "tests.fixtures.firms",
    "tests.fixtures.waiting",
    "tests.fixtures.clusters",
    "tests.fixtures.servers",
    "tests.fixtures.databases",
    "tests.fixtures.apps",
    "tests.fixtures.children",
    "tests.fixtures.desk",
    "tests.fixtures.effects",
    "tests.fixtures.owners",
    "tests.fixtures.pipeline",
    "tests.fixtures.azurite",
    "tests.fixtures.clamd",
    "tests.fixtures.certificates",
    "tests.fixtures.receivers",
    "tests.fixtures.books",
    "tests.fixtures.poolers",
    "tests.fixtures.terminals",
]
