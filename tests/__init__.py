"""The checks that ask a target, the servers that answer, and the tests of the suite itself."""
