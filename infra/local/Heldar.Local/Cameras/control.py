"""The simulator's HTTP control: GET / tells the state of all cameras, POST /CAMERA/ACTION?… does something to one of them on GLib's main loop."""
import http.server
import json
import threading
import urllib.parse

from gi.repository import GLib


def control_server(config, cameras, url_of, control):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def log_message(self, *_):
            pass

        def answer(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header('Content-Type', 'application/json')
            self.send_header('Content-Length', str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self):
            self.answer(200, {'cameras': [c.state(url_of(c)) for c in cameras.values()]})

        def do_POST(self):
            url = urllib.parse.urlparse(self.path)
            parts = url.path.strip('/').split('/')
            camera = cameras.get(parts[0])
            if camera is None or len(parts) != 2:
                return self.answer(404, {'error': 'no such camera', 'code': 'not_found'})
            done, failure = threading.Event(), []

            def on_main_loop():
                try:
                    control(camera, parts[1], urllib.parse.parse_qs(url.query))
                except (KeyError, ValueError, IndexError, AttributeError) as error:
                    failure.append(repr(error))
                done.set()
                return False
            GLib.idle_add(on_main_loop)
            done.wait(10)
            if failure:
                return self.answer(400, {'error': failure[0], 'code': 'bad_request'})
            return self.answer(200, camera.state(url_of(camera)))

    return http.server.ThreadingHTTPServer((config['bind'], config['control']), Handler)
