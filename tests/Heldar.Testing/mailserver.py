"""A mail server for tests, by Debian's python3-aiosmtpd: keeps what it takes as JSON lines, and answers some addresses as a bad server does."""
import argparse
import asyncio
import json
import ssl

from aiosmtpd.smtp import SMTP, AuthResult

arguments = argparse.ArgumentParser()
arguments.add_argument("--port", type=int, required=True)
arguments.add_argument("--kept", required=True)
arguments.add_argument("--certificate")
arguments.add_argument("--login")
options = arguments.parse_args()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("full@"):
            return "452 4.2.2 the mailbox is full"
        if address.startswith("nobody@"):
            return "550 5.1.1 there is no such mailbox"
        if address.startswith("slow@"):
            await asyncio.sleep(120)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        line = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "content": envelope.content.decode("latin-1"),
            "tls": session.ssl is not None,
            "login": bool(session.authenticated),
        }
        with open(options.kept, "a", encoding="utf-8") as kept:
            kept.write(json.dumps(line) + "\n")
        return "250 OK"


class Server(SMTP):
    async def smtp_AUTH(self, arg):
        # Some clients write the mechanism in small letters; mail servers take it, this one would not.
        mechanism, _, rest = (arg or "").partition(" ")
        await super().smtp_AUTH(f"{mechanism.upper()} {rest}".strip())


def check(server, session, envelope, mechanism, data):
    login = f"{data.login.decode()}:{data.password.decode()}"
    return AuthResult(success=login == options.login, handled=False)


async def main():
    context = None
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate)
    loop = asyncio.get_running_loop()

    def accept():
        return Server(
            Handler(),
            hostname="mail.test",
            tls_context=context,
            require_starttls=context is not None,
            authenticator=check if options.login else None,
            auth_required=options.login is not None,
            auth_require_tls=context is not None,
            loop=loop,
        )

    server = await loop.create_server(accept, "127.0.0.1", options.port)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
