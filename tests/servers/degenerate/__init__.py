"""A raw HTTP/1.1 server, wrong in each way that has hung, crashed or fooled a test suite."""
