"""A tiny application behind the portal's gunicorn: says how long the body was, and sends as much as it is asked for."""


def application(environ, start_response):
    kind, _, number = environ["PATH_INFO"].strip("/").partition("/")
    body = environ["wsgi.input"].read() if kind == "read" else b""
    answer = b"x" * int(number) if kind == "send" else str(len(body)).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]
