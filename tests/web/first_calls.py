"""A fresh process whose very first requests come all at once. Prints the status of each. Run by test_first_calls.py."""

import os
import sys
import wsgiref.util
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from qmportal.wsgi import application

ADDRESSES = (
    "/api/schema/", "/api/v1/", "/api/docs/", "/api/v1/teams/", "/api/v1/defects/", "/", "/incidents/", "/api/no/",
    "/training/", "/training/plans/", "/imports/", "/thresholds/", "/admin/", "/api/v1/imports/", "/api/v1/reviews/",
)  # fmt: skip


def status(address: str, starts: Barrier) -> str:
    environ = {
        "PATH_INFO": address,
        "HTTP_HOST": "localhost",
        "HTTP_COOKIE": f"sessionid={os.environ['SESSION']}",
        "REMOTE_ADDR": "127.0.0.1",
    }
    wsgiref.util.setup_testing_defaults(environ)
    answers: list[str] = []
    starts.wait()
    response = application(environ, lambda line, headers: answers.append(line))
    b"".join(response)
    response.close()
    return f"{answers[0][:3]} {address}"


def main(times: int) -> None:
    sys.setswitchinterval(1e-5)  # threads take turns often, so that a race shows
    addresses = ADDRESSES * times
    starts = Barrier(len(addresses))
    with ThreadPoolExecutor(len(addresses)) as pool:
        print("\n".join(pool.map(lambda address: status(address, starts), addresses)))


main(times=4)
