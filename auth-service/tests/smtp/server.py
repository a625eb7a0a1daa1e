"""A mail server for tests, on a free port. Takes its settings as JSON in the first argument and prints a line of JSON for
what happens: {"port"} first, then {"mail"}, {"refused"} or {"credentials"} each time.

  port            0, or the one to take
  tls             "none", "starttls" or "implicit"
  certificate     a PEM file with certificate and key
  user, password  if credentials are wanted
  rcpt, data      answers to the first recipients and the first texts instead of yes; {to} becomes the recipient
"""

import asyncio
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

settings = json.loads(sys.argv[1])
answers = {step: list(settings.get(step, [])) for step in ("rcpt", "data")}


def say(**event):
    print(json.dumps(event), flush=True)


def refusal(step, recipient):
    if not answers[step]:
        return None
    answer = answers[step].pop(0).replace("{to}", recipient)
    say(refused=answer)
    return answer


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        refused = refusal("rcpt", address)
        if refused is None:
            envelope.rcpt_tos.append(address)
        return refused or "250 OK"

    async def handle_DATA(self, server, session, envelope):
        refused = refusal("data", envelope.rcpt_tos[0])
        if refused is not None:
            return refused
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = {kind: mail.get_body((kind,)) for kind in ("plain", "html")}
        say(
            mail={
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "headers": {name.lower(): str(value) for name, value in mail.items()},
                "text": body["plain"].get_content(),
                "html": body["html"].get_content(),
                "encrypted": settings["tls"] == "implicit" or session.ssl is not None,
                "authenticated": bool(session.authenticated),
            }
        )
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    given = (data.login.decode(), data.password.decode())
    right = given == (settings["user"], settings["password"])
    say(credentials=right)
    return AuthResult(success=right, handled=False)


async def main():
    tls = None
    if settings["tls"] != "none":
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(settings["certificate"])
    starttls = settings["tls"] == "starttls"
    options = {"hostname": "mail.test", "require_starttls": starttls, "tls_context": tls if starttls else None}
    if "user" in settings:
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": starttls}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Handler(), **options),
        "127.0.0.1",
        settings.get("port", 0),
        ssl=tls if settings["tls"] == "implicit" else None,
    )
    say(port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main())
