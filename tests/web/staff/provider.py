"""A municipality's sign-in for tests: an OpenID provider on this machine that checks the client, the code and PKCE."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "daremo", "kept-secret"


@dataclass
class Provider:
    """Who signs in next, what she consented to, and what was asked of the provider."""

    claims: dict[str, Any]
    address: str = ""
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    challenges: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def consent(self, query: dict[str, str]) -> str:
        """Do what the person does at the provider's page: sign in, go back with a code."""
        assert query["client_id"] == CLIENT and query["code_challenge_method"] == "S256"
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = query["code_challenge"]
        return code

    def token(self, form: dict[str, str], basic: str) -> dict[str, Any] | None:
        """Return the tokens for a code that was given to this client, once."""
        told = (form.get("client_id"), form.get("client_secret"))
        if basic:
            told = tuple(base64.b64decode(basic).decode().split(":", 1))  # type: ignore[assignment]
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if told != (CLIENT, SECRET) or self.challenges.pop(form.get("code", ""), None) != challenge:
            return None
        claims = {"iss": self.address, "aud": CLIENT, "iat": 1_790_000_000, "exp": 4_000_000_000, **self.claims}
        return {
            "access_token": "at",
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": jwt.encode(claims, self.key, "RS256", headers={"kid": "1"}),
        }

    def told(self, path: str) -> dict[str, Any] | None:
        """Answer a GET."""
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.address} | {
                f"{name}_endpoint": f"{self.address}/{name}" for name in ("authorization", "token", "userinfo")
            } | {"jwks_uri": f"{self.address}/jwks", "token_endpoint_auth_methods_supported": ["client_secret_basic"]}  # fmt: skip
        if path == "/jwks":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return {"keys": [{**public, "kid": "1", "alg": "RS256", "use": "sig"}]}
        return self.claims if path == "/userinfo" else None


@contextmanager
def provider(**claims: Any) -> Iterator[Provider]:
    """Run a provider that knows one person."""
    made = Provider({"sub": "u-7", **claims})

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, body: dict[str, Any] | None) -> None:
            data = json.dumps(body or {"error": "invalid_grant"}).encode()
            self.send_response(200 if body else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            made.asked.append(self.path)
            self._answer(made.told(self.path))

        def do_POST(self) -> None:
            made.asked.append(self.path)
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            basic = (self.headers["Authorization"] or "").removeprefix("Basic ")
            self._answer(made.token({name: values[0] for name, values in form.items()}, basic))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
