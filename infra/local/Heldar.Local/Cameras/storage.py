"""A camera's own storage: the newest minutes of what its encoder made, and a small RTSP server that replays them.

Replay follows ONVIF Streaming Specification §6: Range in clock time, "Require: onvif-replay", Rate-Control, and on the first packet of each access unit the
RTP header extension 0xABAC with NTP time and the bits C (clean point), E (end of a contiguous section) and D (discontinuity). Times may stand in the address
instead (?starttime=20261121T043700Z&endtime=…), as cameras with ISAPI have it. Cameras with "onvif": false know neither header nor extension: they date by RTCP.
"""
import base64
import calendar
import collections
import hashlib
import os
import re
import socketserver
import struct
import threading
import time
import urllib.parse

SECOND = 1_000_000_000
NTP_SECONDS = 2_208_988_800  # 1900 to 1970
MAX_PAYLOAD = 1400
MAX_RANGES = 10_000
PAYLOAD_TYPE = 96
C, E, D = 0x80, 0x40, 0x20

Frame = collections.namedtuple('Frame', 'counter wall key clip head message tail starts')


class Storage:
    """What one camera keeps. Filled by the pacing thread, read by the replay's threads."""

    def __init__(self, spec):
        self.keep = int(spec['minutes'] * 60 * SECOND)
        self.limit, self.real_time, self.onvif = spec['sessions'], spec['realTime'], spec['onvif']
        self.lock = threading.Lock()
        self.frames = collections.deque()
        self.sounds = collections.deque()  # number, wall, packet
        self.recording = self.reachable = True
        self.starts = True  # the next frame begins a section
        self.sessions = self.peak = self.refused = 0
        self.replays = []  # what each PLAY sent: the ground truth

    def add(self, counter, wall, key, clip, head, message, tail):
        with self.lock:
            if not self.recording:
                self.starts = True
                return
            self.frames.append(Frame(counter, wall, key, clip, head, message, tail, self.starts))
            self.starts = False
            while self.frames and wall - self.frames[0].wall > self.keep:
                self.frames.popleft()

    def add_sound(self, number, wall, packet):
        with self.lock:
            if self.recording:
                self.sounds.append((number, wall, packet))
            while self.sounds and wall - self.sounds[0][1] > self.keep:
                self.sounds.popleft()

    def sounds_between(self, start, end):
        with self.lock:
            return collections.deque(s for s in self.sounds if start <= s[1] < end)

    def between(self, start, end):
        """From the clean point at or before the start, as far as footage hangs together; otherwise from the first one behind it."""
        with self.lock:
            frames = list(self.frames)
        first = next((i for i, f in enumerate(frames) if f.wall >= start), len(frames))
        at = first
        while at > 0 and at < len(frames) and not frames[at].key and not frames[at].starts:
            at -= 1
        while at < len(frames) and not frames[at].key:
            at += 1
        chosen = [f for f in frames[at:] if f.wall < end]
        last = frames[-1].counter if frames else -1
        follows = {f.counter: g for f, g in zip(frames, frames[1:])}
        return [(f, f.starts, f.counter == last or follows[f.counter].starts) for f in chosen]

    def enter(self):
        with self.lock:
            if self.sessions >= self.limit:
                self.refused += 1
                return False
            self.sessions += 1
            self.peak = max(self.peak, self.sessions)
            return True

    def leave(self):
        with self.lock:
            self.sessions -= 1

    def state(self):
        with self.lock:
            return {
                'recording': self.recording, 'stored': ranges(f.counter for f in self.frames), 'sessions': self.sessions, 'peak': self.peak, 'refused': self.refused,
                'replays': [dict(r, sent=ranges(r['sent'])) for r in self.replays[-MAX_RANGES:]],
            }


def ranges(numbers):
    found = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def parse_time(text):
    """20261121T043700.123Z, with or without a fraction, as unix ns; ValueError otherwise."""
    match = re.fullmatch(r'(\d{8}T\d{6})(\.\d{1,9})?Z', text.strip(), re.IGNORECASE)
    if not match:
        raise ValueError(f'no time: {text}')
    whole = calendar.timegm(time.strptime(match[1].upper(), '%Y%m%dT%H%M%S'))
    return whole * SECOND + int(float('0' + (match[2] or '.0')) * SECOND)


def nals(data):
    at = 0
    while at + 4 <= len(data):
        length = int.from_bytes(data[at:at + 4], 'big')
        yield data[at + 4:at + 4 + length]
        at += 4 + length


def payloads(nal, hevc):
    """RTP payloads of one NAL unit: itself, or fragments (FU-A, FU)."""
    if len(nal) <= MAX_PAYLOAD:
        yield nal
        return
    head = 2 if hevc else 1
    kind = (nal[0] >> 1) & 0x3F if hevc else nal[0] & 0x1F
    prefix = bytes([(nal[0] & 0x81) | (49 << 1), nal[1]]) if hevc else bytes([(nal[0] & 0xE0) | 28])
    body = nal[head:]
    for at in range(0, len(body), MAX_PAYLOAD):
        part = body[at:at + MAX_PAYLOAD]
        flags = (0x80 if at == 0 else 0) | (0x40 if at + MAX_PAYLOAD >= len(body) else 0)
        yield prefix + bytes([flags | kind]) + part


def sound_type(camera):
    return {'aac': 97, 'pcmu': 0, 'pcma': 8}[camera.audio]


def ntp(wall):
    return (wall // SECOND + NTP_SECONDS) & 0xFFFFFFFF, ((wall % SECOND) << 32) // SECOND


class Connection(socketserver.StreamRequestHandler):
    def setup(self):
        super().setup()
        self.write_lock = threading.Lock()
        self.nonce = os.urandom(8).hex()
        self.session = None
        self.camera = None
        self.heard = False
        self.range = (None, None)
        self.sender, self.stop = None, threading.Event()

    def handle(self):
        try:
            while (request := self.read()) is not None:
                if not self.serve(*request):
                    break
        except (OSError, ValueError):
            pass
        finally:
            self.stop.set()
            if self.sender:
                self.sender.join(5)
            if self.session and self.camera:
                self.camera.storage.leave()

    def read(self):
        line = self.rfile.readline(8192)
        while line in (b'\r\n', b'\n') or line[:1] == b'$':
            if line[:1] == b'$':  # a receiver report: its length stands in it
                data = line if len(line) >= 4 else line + self.rfile.read(4 - len(line))
                rest = 4 + int.from_bytes(data[2:4], 'big') - len(data)
                if rest > 0:
                    self.rfile.read(rest)
            line = self.rfile.readline(8192)
        if not line:
            return None
        method, url, _ = line.decode('utf-8', 'replace').split(' ', 2)
        headers = {}
        while (line := self.rfile.readline(8192)) not in (b'\r\n', b'\n', b''):
            name, _, value = line.decode('utf-8', 'replace').partition(':')
            headers[name.strip().lower()] = value.strip()
        return method, url, headers

    def answer(self, headers, status, extra='', body=''):
        text = f'RTSP/1.0 {status}\r\nCSeq: {headers.get("cseq", "0")}\r\n{extra}'
        if body:
            text += f'Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n'
        with self.write_lock:
            self.request.sendall((text + '\r\n' + body).encode())
        return True

    def authorized(self, method, headers):
        if self.camera.auth == 'none':
            return True
        fields = dict(re.findall(r'(\w+)=(?:"([^"]*)"|[^,\s]+)', headers.get('authorization', '')))
        config = self.server.config
        md5 = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731
        secret = md5(f"{config['username']}:camera:{config['password']}")
        return fields.get('nonce') == self.nonce and fields.get('response') == md5(f"{secret}:{self.nonce}:{md5(method + ':' + fields.get('uri', ''))}")

    def serve(self, method, url, headers):
        parts = urllib.parse.urlparse(url)
        path = parts.path.strip('/').split('/')
        self.camera = self.camera or self.server.cameras.get(path[0])
        if self.camera is None or self.camera.storage is None or len(path) < 2 or path[1] != 'replay' or not self.camera.storage.reachable:
            return self.answer(headers, '404 Not Found')
        storage = self.camera.storage
        if method != 'OPTIONS' and not self.authorized(method, headers):
            return self.answer(headers, '401 Unauthorized', f'WWW-Authenticate: Digest realm="camera", nonce="{self.nonce}"\r\n')
        if not storage.onvif and 'onvif-replay' in headers.get('require', ''):
            return self.answer(headers, '551 Option not supported', 'Unsupported: onvif-replay\r\n')
        query = urllib.parse.parse_qs(parts.query)
        if 'starttime' in query:
            self.range = (parse_time(query['starttime'][0]), parse_time(query['endtime'][0]) if 'endtime' in query else None)
        if method == 'OPTIONS':
            return self.answer(headers, '200 OK', 'Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n')
        if method == 'DESCRIBE':
            return self.answer(headers, '200 OK', f'Content-Base: {url}\r\n', self.describe())
        if method == 'SETUP':
            if self.session is None:
                if not storage.enter():
                    return self.answer(headers, '453 Not Enough Bandwidth')
                self.session = os.urandom(4).hex()
            self.heard |= path[-1] == 'trackID=2'
            return self.answer(headers, '200 OK', f"Session: {self.session};timeout=30\r\nTransport: {headers.get('transport', '')}\r\n")
        if method == 'PLAY' and self.session:
            return self.play(headers)
        if method == 'GET_PARAMETER':
            return self.answer(headers, '200 OK', f'Session: {self.session}\r\n')
        if method == 'TEARDOWN':
            self.answer(headers, '200 OK')
            return False
        return self.answer(headers, '455 Method Not Valid in This State')

    def describe(self):
        clip = self.camera.clip
        sets = [base64.b64encode(s).decode() for s in clip.sets]
        if clip.hevc:
            format_, parameters = 'H265', ';'.join(f'{n}={s}' for n, s in zip(('sprop-vps', 'sprop-sps', 'sprop-pps'), sets))
        else:
            format_, parameters = 'H264', 'packetization-mode=1;sprop-parameter-sets=' + ','.join(sets)
        host, port = self.server.server_address
        return ('v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=replay\r\nt=0 0\r\na=control:*\r\n'
                f'm=video 0 RTP/AVP {PAYLOAD_TYPE}\r\na=rtpmap:{PAYLOAD_TYPE} {format_}/90000\r\na=fmtp:{PAYLOAD_TYPE} {parameters}\r\n'
                f'a=control:rtsp://{host}:{port}/{self.camera.name}/replay/trackID=1\r\n' + self.describe_sound(host, port))

    def describe_sound(self, host, port):
        sound = self.camera.sound
        if sound is None:
            return ''
        kind = sound_type(self.camera)
        text = f'm=audio 0 RTP/AVP {kind}\r\na=control:rtsp://{host}:{port}/{self.camera.name}/replay/trackID=2\r\n'
        if kind == 97:
            text += (f'a=rtpmap:97 MPEG4-GENERIC/{sound.rate}/{sound.channels}\r\n'
                     f'a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config={sound.config}\r\n')
        return text

    def play(self, headers):
        start, end = self.range
        asked = headers.get('range', '')
        if asked.startswith('clock='):
            first, _, last = asked[6:].partition('-')
            start, end = parse_time(first), parse_time(last) if last else None
        if start is None:
            return self.answer(headers, '457 Invalid Range')
        end = end if end is not None else time.time_ns() + 86_400 * SECOND
        storage = self.camera.storage
        paced = storage.real_time or headers.get('rate-control', 'yes').lower() != 'no'
        self.stop.set()
        if self.sender:
            self.sender.join(5)
        self.stop = threading.Event()
        self.answer(headers, '200 OK', f"Session: {self.session}\r\nRange: {asked or 'npt=0-'}\r\nRate-Control: {'yes' if paced else 'no'}\r\n")
        self.sender = threading.Thread(target=self.send, args=(start, end, paced, int(headers.get('cseq', '0')) & 0xFF, self.stop), daemon=True)
        self.sender.start()
        return True

    def send(self, start, end, paced, cseq, stop):
        storage = self.camera.storage
        log = {'rateControl': paced, 'fromUnixMs': start // 1_000_000, 'toUnixMs': end // 1_000_000, 'sent': [], 'ms': 0, 'done': False}
        with storage.lock:
            storage.replays.append(log)
        sequence, source = int.from_bytes(os.urandom(2), 'big'), int.from_bytes(os.urandom(4), 'big')
        began, first = time.monotonic_ns(), None
        try:
            for frame, starts, ends in storage.between(start, end):
                if first is None:
                    first, sounds = frame.wall, storage.sounds_between(frame.wall, end) if self.heard else collections.deque()
                while paced and (wait := frame.wall - first - (time.monotonic_ns() - began)) > 0 and not stop.is_set():
                    time.sleep(min(wait / SECOND, 0.1))
                if stop.is_set() or not storage.reachable:
                    return
                timestamp = frame.wall * 9 // 100_000 & 0xFFFFFFFF
                out = []
                while sounds and sounds[0][1] <= frame.wall:
                    out.append(self.sound_packet(*sounds.popleft(), source, cseq))
                if not storage.onvif and (starts or frame.wall == first):
                    out.append(self.report(source, frame.wall, timestamp))
                units = (list(frame.clip.sets) if frame.key else []) + [n for part in (frame.head, frame.message, frame.tail) for n in nals(part)]
                packets = [p for unit in units for p in payloads(unit, frame.clip.hevc)]
                flags = (C if frame.key else 0) | (E if ends else 0) | (D if starts else 0)
                for number, payload in enumerate(packets):
                    extended = number == 0 and storage.onvif
                    marker = 0x80 if number == len(packets) - 1 else 0
                    packet = struct.pack('>BBHII', 0x90 if extended else 0x80, PAYLOAD_TYPE | marker, sequence, timestamp, source)
                    if extended:
                        packet += struct.pack('>HHIIBBH', 0xABAC, 3, *ntp(frame.wall), flags, cseq, 0)
                    out.append(b'$\x00' + struct.pack('>H', len(packet) + len(payload)) + packet + payload)
                    sequence = (sequence + 1) & 0xFFFF
                with self.write_lock:
                    self.request.sendall(b''.join(out))
                with storage.lock:
                    log['sent'].append(frame.counter)
            with self.write_lock:
                bye = struct.pack('>BBHIBBHI', 0x80, 201, 1, source, 0x81, 203, 1, source)
                self.request.sendall(b'$\x01' + struct.pack('>H', len(bye)) + bye)
            log['done'] = True
        except OSError:
            pass
        finally:
            log['ms'] = (time.monotonic_ns() - began) // 1_000_000

    def sound_packet(self, number, wall, packet, source, cseq):
        sound, kind, extended = self.camera.sound, sound_type(self.camera), self.camera.storage.onvif
        head = struct.pack('>BBHII', 0x90 if extended else 0x80, 0x80 | kind, number & 0xFFFF, number * sound.samples & 0xFFFFFFFF, source ^ 1)
        if extended:
            head += struct.pack('>HHIIBBH', 0xABAC, 3, *ntp(wall), C, cseq, 0)
        if kind == 97:
            head += struct.pack('>HH', 16, len(packet) << 3)
        return b'$\x02' + struct.pack('>H', len(head) + len(packet)) + head + packet

    def report(self, source, wall, timestamp):
        packet = struct.pack('>BBHIIIIII', 0x80, 200, 6, source, *ntp(wall), timestamp, 0, 0)
        return b'$\x01' + struct.pack('>H', len(packet)) + packet


class ReplayServer(socketserver.ThreadingTCPServer):
    """Serves rtsp://HOST:PORT/CAMERA/replay."""
    allow_reuse_address = daemon_threads = True

    def __init__(self, config, cameras):
        super().__init__((config['bind'], config['replay']), Connection)
        self.config, self.cameras = config, cameras
