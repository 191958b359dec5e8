"""A web server with bad manners, for the tests of the HTTP client. Prints "port N" and then one line for each request."""
import http.server
import socket
import socketserver
import ssl
import struct
import sys
import threading
import urllib.parse

released = threading.Event()
lock = threading.Lock()


def say(*words):
    """Prints a line in one write: print writes word by word, and threads would mix their lines."""
    with lock:
        sys.stdout.write(" ".join(words) + "\n")
        sys.stdout.flush()


class Peer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, data, status=200, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def handle_any(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        say("request", self.command, self.path)
        name = url.path.split("/")[1]
        if name == "echo":
            self.answer(self.body(), headers=[("X-Method", self.command), ("X-Path", self.path), *[("X-Seen", f"{k}: {v}") for k, v in self.headers.items()]])
        elif name == "status":
            self.body()
            self.answer(b"refused: " + query.get("text", "").encode(), int(query["code"]), [("Location", "http://127.0.0.1:1/")])
        elif name == "bytes":
            size = int(query["size"])
            self.send_response(206 if "Range" in self.headers else 200)
            self.send_header("Content-Length", str(size))
            self.end_headers()
            chunk = bytes(range(256)) * 256
            sent = 0
            try:
                while sent < size:
                    part = chunk[: size - sent]
                    self.wfile.write(part)
                    sent += len(part)
            except OSError:
                say("gave up after", str(sent))
                self.close_connection = True
        elif name == "chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in [b"one ", b"two ", b"three"]:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        elif name == "reset":
            self.reset()
        elif name == "half":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 500)
            self.wfile.flush()
            self.close_connection = True
        elif name == "stall":
            # Until the client goes, which may be before it has the answer.
            try:
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"x" * 10)
                self.wfile.flush()
                self.connection.recv(1)
            except OSError:
                pass
            say("the stalled client went")
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, address):
        pass


server = Server(("127.0.0.1", 0), Peer)
if len(sys.argv) > 1:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
say("port", str(server.server_port))
server.serve_forever()
