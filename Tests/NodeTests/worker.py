"""A bot in releases, for tests: the example echo-python that says which release answers.

RELEASE is a part of the image; the release "broken" ends at its start. DELAY_MS is how long each answer takes. With an
argument it is a migration instead of a bot: "ok" or "fail", and for how many seconds it runs.
"""

import os
import sys
import time

RELEASE = os.environ["RELEASE"]
DELAY = int(os.environ.get("DELAY_MS", "0")) / 1000


def migrate(outcome, seconds):
    print(f"migration to release {RELEASE} begins", flush=True)
    time.sleep(float(seconds))
    if outcome != "ok":
        sys.exit("the table is locked by somebody else")
    print(f"migration to release {RELEASE} has ended", flush=True)


def serve():
    import main as example

    answer = example.answer

    def slow_answer(update):
        call = answer(update)
        if call is not None:
            time.sleep(DELAY)
            call["params"]["text"] = f"{RELEASE}: {update['message']['text']}"
        return call

    example.answer = slow_answer
    example.main()


if len(sys.argv) > 1:
    migrate(*sys.argv[1:])
elif RELEASE == "broken":
    sys.exit("this release cannot start")
else:
    serve()
