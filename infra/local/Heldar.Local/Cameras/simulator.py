#!/usr/bin/python3
"""Simulated RTSP cameras: gst-rtsp-server, one appsrc per track, footage parsed once and never re-encoded.

usage: simulator.py --config FILE   (JSON, written by Heldar.Local.Cameras.CameraSimulator)

Every camera has an absolute frame counter that runs with time, watched or not, as an encoder's does. Each access unit carries it as SEI
(user_data_unregistered, UUID "heldar-frame-num", then counter and camera time in ms, 16 hexadecimal digits each) before its first slice.
One thread paces all cameras. GET / tells what each camera has sent: that is the ground truth of every test about lost frames.

control: GET /                                                state of all cameras
         POST /CAM/stall | /CAM/resume                        media stops and goes on; TCP and RTCP stay alive
         POST /CAM/kill | /CAM/revive                         the mount is gone (404) and its clients are dropped; and back
         POST /CAM/footage?use=N                              goes on with the N-th clip (another resolution) at its next keyframe
         POST /CAM/unplug | /CAM/plug                         the camera cannot be reached at all, its storage included; it goes on recording there; and back
         POST /CAM/storage?on=0|1                             its storage stops and goes on: a hole in it
         POST /CAM/sound?on=0|1 | /CAM/lose?on=1|0            its sound stops while its pictures go on; all its packets are lost on the way; and back
         POST /CAM/clock?jump_ms=X&rtp=0|1&drift_ppm=Y        camera time jumps (rtp=1: RTP timestamps too), drifts from now on
"""
import argparse
import heapq
import json
import threading
import time

import gi
for name, version in (('Gst', '1.0'), ('GstRtspServer', '1.0'), ('GstRtsp', '1.0'), ('GstApp', '1.0')):
    gi.require_version(name, version)
from gi.repository import Gio, GLib, GObject, Gst, GstApp, GstRtsp, GstRtspServer  # noqa: E402,F401
from control import control_server  # noqa: E402
from footage import SECOND, Clip, Sound, sei  # noqa: E402
from storage import ReplayServer, Storage  # noqa: E402

NTP_EPOCH = 2_208_988_800 * SECOND  # 1900 to 1970
MAX_RANGES = 10_000
START = 86_400 * SECOND  # running time when a media begins: RTP time that jumps back must not pass zero


class Track:
    """One payloaded stream of a media that is being watched."""

    def __init__(self, source):
        self.source = source
        self.first = None  # (media time, running time) of the first packet
        self.alive = True

    def start(self, media_time):
        """Fixes the origin of the timeline once the pipeline plays (before that its base time still changes)."""
        if self.first is None and self.source.get_state(0)[1] == Gst.State.PLAYING:
            self.first = (media_time, self.source.get_clock().get_time() - self.source.get_base_time())
        return self.first is not None

    def push(self, data, media_time, duration, jump):
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts = buffer.dts = max(0, self.first[1] + media_time - self.first[0] + jump)
        buffer.duration = duration
        if self.source.emit('push-buffer', buffer) != Gst.FlowReturn.OK:
            self.alive = False
        return self.alive


class Camera:
    """State of one camera. The pacing thread owns the counters; control sets plain fields under the lock."""

    def __init__(self, spec, base):
        self.name, self.auth, self.fps = spec['name'], spec['auth'], spec['fps']
        self.codec, self.audio = spec['codec'], spec.get('audio') or 'none'
        self.clips = [Clip.load(path, self.codec) for path in spec['footage']]
        self.sound = Sound.load(spec['audioFile'], self.audio) if self.audio != 'none' else None
        self.clip, self.clip_from, self.next_clip = self.clips[0], 0, None
        self.storage = Storage(spec['storage']) if spec.get('storage') else None
        self.lock = threading.Lock()
        self.stalled = self.killed = self.muted = self.losing = False
        self.video = self.voice = None  # Track
        self.max_sessions = spec.get('maxSessions') or 0  # 0: any number
        self.holders = set()  # clients that have set a track up
        self.clocked = []  # pipeline and rtpsession elements of the watched media
        self.counter = self.packets = 0
        self.sent = []  # [first, last] counters that were handed to the RTP layer
        self.media_base = base  # monotonic ns at which camera media time was media_from
        self.media_from = 0
        self.offset = 0  # camera wall clock minus real time, ns
        self.rtp_jump = 0
        self.drift = 0.0  # ppm
        self.new_clock()

    def new_clock(self):
        """A clock of GStreamer never goes back: one that is to show less time is another clock."""
        self.clock = GObject.new(Gst.SystemClock, clock_type=Gst.ClockType.REALTIME)
        self.clock.set_calibration(0, NTP_EPOCH, 1, 1)

    def media_now(self, monotonic):
        return self.media_from + int((monotonic - self.media_base) * (1 + self.drift * 1e-6))

    def due(self, media_time):
        """Monotonic ns at which camera media time is reached."""
        return self.media_base + int((media_time - self.media_from) / (1 + self.drift * 1e-6))

    def wall(self, media_time):
        """Camera wall clock at a media time, unix ns."""
        return time.time_ns() - time.monotonic_ns() + self.due(media_time) + self.offset + self.drifted(media_time)

    def drifted(self, media_time):
        """How far the camera's crystal has run ahead since the drift was set."""
        return (media_time - self.media_from) - (self.due(media_time) - self.media_base)

    def set_clock(self, jump_ms, rtp, drift):
        with self.lock:
            now = time.monotonic_ns()
            media = self.media_now(now)
            self.offset += self.drifted(media) + jump_ms * 1_000_000
            self.media_from, self.media_base = media, now
            if rtp:
                self.rtp_jump += jump_ms * 1_000_000
            if drift is not None:
                self.drift = drift
            if jump_ms < 0:
                self.new_clock()
            self.sync_reports()

    def sync_reports(self):
        """Sender reports take NTP from the pipeline's clock (camera wall time) and RTP time from the session's running time (media time)."""
        track = self.video
        if track is None or track.first is None:
            return
        now = time.monotonic_ns()
        media = self.media_now(now)
        running = track.first[1] + media - track.first[0] + self.rtp_jump
        wall = self.wall(media) + NTP_EPOCH
        self.clock.set_calibration(time.time_ns(), wall, 1, 1)
        for element in self.clocked:
            if element is not self.clocked[0] and element.get_clock() != self.clock:
                element.set_clock(self.clock)  # of the reports only: the pipeline's own clock paces nothing
            element.set_base_time(max(0, wall - running))

    def message(self, media):
        return sei(self.clip.hevc, self.counter, self.wall(media) // 1_000_000)

    def step_video(self):
        """Sends frame number `counter` and returns the monotonic time of the next one."""
        with self.lock:
            length = len(self.clip.units)
            index = (self.counter - self.clip_from) % length
            if self.next_clip is not None and self.clip.units[index][2]:
                self.clip, self.clip_from, self.next_clip = self.next_clip, self.counter, None
                index = 0
                if self.video:
                    self.video.source.set_property('caps', self.clip.caps)
            head, tail, key = self.clip.units[index]
            media = self.counter * SECOND // self.fps
            track = self.video
            if self.storage:
                self.storage.add(self.counter, self.wall(media), key, self.clip, head, self.message(media), tail)
            if track and track.alive and not self.stalled and not self.killed and (track.first or key and track.start(media)):
                self.sync_reports()
                if track.push(head + self.message(media) + tail, media, SECOND // self.fps, self.rtp_jump) and not self.losing:
                    if self.sent and self.sent[-1][1] == self.counter - 1:
                        self.sent[-1][1] = self.counter
                    else:
                        self.sent.append([self.counter, self.counter])
                        del self.sent[:-MAX_RANGES]
            self.counter += 1
            due = self.due(self.counter * SECOND // self.fps)
        return due

    def step_audio(self):
        with self.lock:
            media = self.packets * self.sound.duration
            track = self.voice
            packet = self.sound.packets[self.packets % len(self.sound.packets)]
            if self.storage:
                self.storage.add_sound(self.packets, self.wall(media), packet)
            if track and track.alive and not self.stalled and not self.killed and not self.muted and self.video and self.video.first:
                if track.first is None:  # both tracks share one origin
                    track.first = self.video.first
                track.push(packet, media, self.sound.duration, self.rtp_jump)
            self.packets += 1
            return self.due(self.packets * self.sound.duration)

    def state(self, url):
        with self.lock:
            return {
                'name': self.name, 'url': url, 'codec': self.codec, 'audio': self.audio, 'auth': self.auth, 'fps': self.fps,
                'width': self.clip.width, 'height': self.clip.height, 'frames': len(self.clip.units), 'watched': bool(self.video and self.video.alive),
                'state': 'killed' if self.killed else 'stalled' if self.stalled else 'live', 'counter': self.counter, 'sent': [list(r) for r in self.sent],
                'sentFrames': sum(b - a + 1 for a, b in self.sent), 'offsetMs': (self.offset + self.drifted(self.media_now(time.monotonic_ns()))) // 1_000_000,
                'driftPpm': self.drift, 'storage': self.storage.state() if self.storage else None,
            }


class Factory(GstRtspServer.RTSPMediaFactory):
    def __init__(self, camera):
        super().__init__()
        self.camera = camera
        self.set_shared(True)

    def do_create_element(self, url):
        camera = self.camera
        video = 'rtph265pay' if camera.codec == 'h265' else 'rtph264pay'
        source = 'appsrc name={0} is-live=true format=time block=false max-bytes=0 max-buffers=0 do-timestamp=false'
        line = source.format('video') + f' ! {video} name=pay0 pt=96 config-interval=-1'
        if camera.sound:
            # Sound takes its RTP time from the buffers too, not from counting samples: it jumps with the pictures.
            line += ' ' + source.format('voice') + f' ! {camera.sound.payloader} name=pay1 perfect-rtptime=false' + (' pt=97' if camera.audio == 'aac' else '')
        return Gst.parse_launch(f'( {line} )')

    def do_configure(self, media):
        GstRtspServer.RTSPMediaFactory.do_configure(self, media)
        camera = self.camera
        element = media.get_element()
        video = element.get_by_name_recurse_up('video')
        pipeline = element.get_parent()
        pipeline.use_clock(camera.clock)
        pipeline.set_start_time(Gst.CLOCK_TIME_NONE)  # the base time is ours: state changes must not move it
        pipeline.set_base_time(camera.clock.get_time() - START)
        with camera.lock:
            camera.clocked = [pipeline]
            video.set_property('caps', camera.clip.caps)
            camera.video = Track(video)
            if camera.sound:
                voice = element.get_by_name_recurse_up('voice')
                voice.set_property('caps', camera.sound.caps)
                camera.voice = Track(voice)
            tracks = [t for t in (camera.video, camera.voice) if t]
        for index in range(len(tracks)):  # behind the payloader, which has numbered them
            element.get_by_name_recurse_up(f'pay{index}').get_static_pad('src').add_probe(
                Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, lambda *_: Gst.PadProbeReturn.DROP if camera.losing else Gst.PadProbeReturn.OK)

        def added(_bin, _sub, item):
            if item.find_property('sync'):
                item.set_property('sync', False)  # the pacing thread paces; a sink must not wait when camera time jumps
            if item.get_factory() and item.get_factory().get_name() == 'rtpsession':
                item.set_property('ntp-time-source', 3)  # the clock's own time, which is this camera's NTP time
                item.set_property('rtcp-sync-send-time', False)  # reports map capture time, not sending time
                with camera.lock:
                    camera.clocked.append(item)

        def prepared(_):
            for index in range(media.n_streams()):
                media.get_stream(index).get_rtpsession().set_property('rtcp-min-interval', SECOND)

        def unprepared(_):
            with camera.lock:
                for track in tracks:
                    track.alive = False

        pipeline.connect('deep-element-added', added)
        media.connect('prepared', prepared)
        media.connect('unprepared', unprepared)


class Simulator:
    def __init__(self, config):
        self.config, self.servers = config, {}
        base = time.monotonic_ns()
        self.cameras = {spec['name']: Camera(spec, base) for spec in config['cameras']}
        for method, port in config['servers'].items():
            server = GstRtspServer.RTSPServer()
            server.set_address(config['bind'])
            server.set_service(str(port))
            pool = GstRtspServer.RTSPThreadPool.new()
            pool.set_max_threads(-1)  # one per client: a camera that waits for its keyframe must not hold up another
            server.set_thread_pool(pool)
            if method != 'none':
                auth = GstRtspServer.RTSPAuth()
                token = GstRtspServer.RTSPToken()
                token.set_string('media.factory.role', 'viewer')
                if method == 'tls':
                    auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(config['certificate']))
                if method in ('digest', 'tls'):
                    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
                    auth.add_digest(config['username'], config['password'], token)
                else:
                    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
                    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(config['username'], config['password']), token)
                server.set_auth(auth)
            server.connect('client-connected', self.client_connected)
            self.servers[method] = server
        for camera in self.cameras.values():
            self.mount(camera)

    def mount(self, camera):
        factory = Factory(camera)
        if camera.auth != 'none':
            factory.add_role_from_structure(Gst.Structure.new_from_string('viewer,media.factory.access=(boolean)true,media.factory.construct=(boolean)true'))
        self.servers[camera.auth].get_mount_points().add_factory('/' + camera.name, factory)

    def client_connected(self, _server, client):
        client.connect('pre-setup-request', self.before_setup)
        client.connect('teardown-request', self.forget)
        client.connect('closed', self.forget)

    def before_setup(self, client, context):
        """A camera with too few encoder slots answers 453, as real ones do."""
        camera = self.cameras.get(context.uri.abspath.split('/')[1])
        if camera and camera.max_sessions and client not in camera.holders:
            if len(camera.holders) >= camera.max_sessions:
                return GstRtsp.RTSPStatusCode.NOT_ENOUGH_BANDWIDTH
            camera.holders.add(client)
        return GstRtsp.RTSPStatusCode.OK

    def forget(self, client, *_):
        for camera in self.cameras.values():
            camera.holders.discard(client)

    def url(self, camera):
        scheme = 'rtsps' if camera.auth == 'tls' else 'rtsp'
        return f"{scheme}://{self.config['bind']}:{self.config['servers'][camera.auth]}/{camera.name}"

    def kill(self, camera):
        camera.killed = True
        server = self.servers[camera.auth]
        server.get_mount_points().remove_factory('/' + camera.name)

        def of_client(_server, client):
            watches = []

            def of_session(_client, session):
                def of_media(_session, media):
                    if media.matches('/' + camera.name)[0]:
                        watches.append(1)
                    return GstRtspServer.RTSPFilterResult.KEEP
                session.filter(of_media)
                return GstRtspServer.RTSPFilterResult.KEEP
            client.session_filter(of_session)
            return GstRtspServer.RTSPFilterResult.REMOVE if watches else GstRtspServer.RTSPFilterResult.KEEP
        server.client_filter(of_client)

    def control(self, camera, action, query):
        if action in ('stall', 'resume'):
            camera.stalled = action == 'stall'
        elif action in ('kill', 'unplug'):
            if camera.storage and action == 'unplug':
                camera.storage.reachable = False
            if not camera.killed:
                self.kill(camera)
        elif action in ('revive', 'plug'):
            if camera.storage:
                camera.storage.reachable = True
            if camera.killed:
                self.mount(camera)
                camera.killed = False
        elif action == 'storage':
            camera.storage.recording = query['on'][0] == '1'
        elif action in ('sound', 'lose'):
            setattr(camera, 'muted' if action == 'sound' else 'losing', query['on'][0] == ('0' if action == 'sound' else '1'))
        elif action == 'footage':
            clip = camera.clips[int(query['use'][0])]
            with camera.lock:
                camera.next_clip = clip
        elif action == 'clock':
            drift = float(query['drift_ppm'][0]) if 'drift_ppm' in query else None
            camera.set_clock(int(query.get('jump_ms', ['0'])[0]), query.get('rtp', ['0'])[0] == '1', drift)
        else:
            raise KeyError(action)

    def pace(self):
        """Sends every frame and packet at its own time, on one thread."""
        order = 0
        queue = []
        for camera in self.cameras.values():
            queue.append((time.monotonic_ns(), order, camera.step_video))
            order += 1
            if camera.sound:
                queue.append((time.monotonic_ns(), order, camera.step_audio))
                order += 1
        heapq.heapify(queue)
        while True:
            due, tie, step = queue[0]
            wait = due - time.monotonic_ns()
            if wait > 0:
                time.sleep(wait / SECOND)
            heapq.heapreplace(queue, (step(), tie, step))

    def run(self):
        for server in self.servers.values():
            if server.attach(None) == 0:
                raise SystemExit(f'cannot listen on {server.get_address()}:{server.get_service()}')
        control = control_server(self.config, self.cameras, self.url, self.control)
        loops = [control.serve_forever, self.pace]
        if any(camera.storage for camera in self.cameras.values()):
            loops.append(ReplayServer(self.config, self.cameras).serve_forever)
        for loop in loops:
            threading.Thread(target=loop, daemon=True).start()
        print(f"ready: {len(self.cameras)} cameras, control http://{self.config['bind']}:{self.config['control']}/", flush=True)
        loop = GLib.MainLoop()
        GLib.unix_signal_add(GLib.PRIORITY_HIGH, 15, loop.quit)
        GLib.unix_signal_add(GLib.PRIORITY_HIGH, 2, loop.quit)
        loop.run()


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--config', required=True)
    Gst.init(None)
    with open(parser.parse_args().config, encoding='utf-8') as file:
        Simulator(json.load(file)).run()
