"""A small stand-in for the Hugging Face Hub on 127.0.0.1: the endpoints that a commit needs."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlparse

TOKEN = "hf_for_tests_only"
COMMIT = "1" * 40


class Hub(ThreadingHTTPServer):
    """One dataset: its files, its tags, and whom it heard."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), Answer)
        self.files: dict[str, bytes] = {".gitattributes": b"*.parquet filter=lfs\n"}
        self.large: dict[str, bytes] = {}
        self.tags: list[str] = []
        self.commits: list[str] = []
        self.heard: list[tuple[str, str, str | None]] = []

    def __enter__(self) -> Hub:
        """Begin to answer."""
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.shutdown()
        self.server_close()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    """One answer; who does not show the token is sent away."""

    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer what is asked."""
        path = self._hear()
        if path.endswith("/refs"):
            tags = [
                {"name": t, "ref": f"refs/tags/{t}", "targetCommit": "0" * 40}
                for t in self.server.tags
            ]
            self._send({"branches": [], "converts": [], "tags": tags})
        elif "/tree/" in path:
            self._send([
                {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
                for name, data in sorted(self.server.files.items())
            ])  # fmt: skip
        elif path.rpartition("/")[2] in self.server.tags:
            named = [{"rfilename": name} for name in self.server.files]
            self._send({"id": "owner/name", "sha": COMMIT, "siblings": named})
        elif "/resolve/" in path:
            self._send_file(path.partition(f"/resolve/{COMMIT}/")[2])
        else:
            self._send({"error": f"no {path}"}, 404)

    def do_HEAD(self) -> None:
        """Answer as to GET, without the file."""
        self.do_GET()

    def do_POST(self) -> None:
        """Take what is sent."""
        path = self._hear()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if f"Bearer {TOKEN}" != self.headers.get("Authorization"):
            return self._send({"error": f"{self.headers.get('Authorization')} may not"}, 401)
        if path == "/api/validate-yaml":
            faults = (
                [] if json.loads(body)["content"].startswith("---\n") else [{"message": "no YAML"}]
            )
            return self._send({"errors": faults, "warnings": []})
        if path == "/api/repos/create":
            return self._send({"url": f"{self.server.address}/datasets/owner/name"})
        if "/preupload/" in path:
            files = [self._mode(f["path"]) for f in json.loads(body)["files"]]
            return self._send({"files": files})
        if path.endswith("/info/lfs/objects/batch"):
            return self._send(
                {
                    "transfer": "basic",
                    "objects": [self._place(o) for o in json.loads(body)["objects"]],
                }
            )
        if "/commit/" in path:
            return self._commit([json.loads(line) for line in body.splitlines()])
        if "/tag/" in path:
            self.server.tags.append(json.loads(body)["tag"])
            return self._send({})
        return self._send({"error": f"no {path}"}, 404)

    def do_PUT(self) -> None:
        """Store a large file under its hash."""
        path = self._hear()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.large[path.rpartition("/")[2]] = body
        self._send({})

    def _hear(self) -> str:
        """Note who came; return the path."""
        path = unquote(urlparse(self.path).path)
        self.server.heard.append((self.command, path, self.headers.get("Authorization")))
        return path

    def _mode(self, path: str) -> dict[str, Any]:
        """Tables are large files, the rest is not."""
        mode = "lfs" if path.endswith(".parquet") else "regular"
        return {"path": path, "uploadMode": mode, "shouldIgnore": False}

    def _place(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Say where a large file goes."""
        upload = {"href": f"{self.server.address}/store/{wanted['oid']}"}
        return {**wanted, "actions": {"upload": upload}}

    def _commit(self, lines: list[dict[str, Any]]) -> None:
        """Carry out a commit."""
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                self.server.commits.append(value["summary"])
            elif line["key"] == "file":
                self.server.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.server.files[value["path"]] = self.server.large[value["oid"]]
            elif line["key"] == "deletedFile":
                del self.server.files[value["path"]]
        self._send(
            {
                "commitUrl": f"{self.server.address}/datasets/owner/name/commit/{COMMIT}",
                "commitOid": COMMIT,
            }
        )

    def _send(self, data: Any, status: int = 200) -> None:
        """Send JSON."""
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_file(self, name: str) -> None:
        """Send a file of the dataset as it is now."""
        data = self.server.files[name]
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Write no log."""
