"""The checks that ask a target, the servers that answer in tests, and the tests of the suite itself."""
