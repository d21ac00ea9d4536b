"""Footage of the simulated cameras: video as access units, audio as packets, parsed once by GStreamer."""
import gi
gi.require_version('Gst', '1.0')
from gi.repository import Gst  # noqa: E402

SECOND = 1_000_000_000
UUID = b'heldar-frame-num'


def sei(hevc, counter, unix_ms):
    """A length-prefixed prefix SEI NAL unit. All ASCII, so it never needs emulation prevention."""
    payload = UUID + b'%016x%016x' % (counter, unix_ms & 0xFFFFFFFFFFFFFFFF)
    nal = (b'\x4e\x01' if hevc else b'\x06') + b'\x05' + bytes([len(payload)]) + payload + b'\x80'
    return len(nal).to_bytes(4, 'big') + nal


def split_at_slice(data, hevc):
    """Offset of the first slice NAL unit in a length-prefixed access unit."""
    at = 0
    while at + 5 <= len(data):
        kind = (data[at + 4] >> 1) & 0x3F if hevc else data[at + 4] & 0x1F
        if (kind < 32) if hevc else (1 <= kind <= 5):
            return at
        at += 4 + int.from_bytes(data[at:at + 4], 'big')
    return len(data)


def parameter_sets(buffer, hevc):
    """VPS, SPS and PPS of a decoder configuration record (ISO 14496-15 §5.3.3.1, §8.3.3.1)."""
    data = buffer.extract_dup(0, buffer.get_size())
    sets, at = [], 23 if hevc else 6
    groups = data[22] if hevc else 2
    for group in range(groups):
        if hevc:
            count, at = int.from_bytes(data[at + 1:at + 3], 'big'), at + 3
        elif group == 0:
            count = data[5] & 0x1F
        else:
            count, at = data[at], at + 1
        for _ in range(count):
            length = int.from_bytes(data[at:at + 2], 'big')
            sets.append(data[at + 2:at + 2 + length])
            at += 2 + length
    return sets


def pull(description):
    """All samples of a launch line's appsink "s"."""
    pipeline = Gst.parse_launch(description)
    sink = pipeline.get_by_name('s')
    pipeline.set_state(Gst.State.PLAYING)
    samples = []
    while (sample := sink.emit('pull-sample')) is not None:
        samples.append(sample)
    pipeline.set_state(Gst.State.NULL)
    return samples


class Clip:
    """One looped video file as access units, each split where the SEI goes."""
    cache = {}

    def __init__(self, path, codec):
        self.hevc = codec == 'h265'
        form = 'video/x-h265,stream-format=hvc1' if self.hevc else 'video/x-h264,stream-format=avc'
        parser = 'h265parse' if self.hevc else 'h264parse'
        samples = pull(f'filesrc location="{path}" ! qtdemux ! {parser} ! {form},alignment=au ! appsink name=s sync=false')
        if not samples:
            raise SystemExit(f'{path}: no video')
        self.caps = samples[-1].get_caps()
        shape = self.caps.get_structure(0)
        self.width, self.height = shape.get_int('width')[1], shape.get_int('height')[1]
        self.sets = parameter_sets(shape.get_value('codec_data'), self.hevc)
        self.units = []
        for sample in samples:
            buffer = sample.get_buffer()
            data = buffer.extract_dup(0, buffer.get_size())
            at = split_at_slice(data, self.hevc)
            key = not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT)
            self.units.append((data[:at], data[at:], key))

    @classmethod
    def load(cls, path, codec):
        if path not in cls.cache:
            cls.cache[path] = cls(path, codec)
        return cls.cache[path]


class Sound:
    """One looped audio file as packets of equal duration."""
    cache = {}

    def __init__(self, path, codec):
        if codec == 'aac':
            samples = pull(f'filesrc location="{path}" ! qtdemux ! aacparse ! audio/mpeg,stream-format=raw ! appsink name=s sync=false')
            self.caps = samples[-1].get_caps()
            self.packets = [s.get_buffer().extract_dup(0, s.get_buffer().get_size()) for s in samples]
            self.duration = 1024 * SECOND // self.caps.get_structure(0).get_int('rate')[1]
            self.payloader = 'rtpmp4gpay'
            self.rate, self.samples = self.caps.get_structure(0).get_int('rate')[1], 1024
            config = self.caps.get_structure(0).get_value('codec_data')
            self.config = config.extract_dup(0, config.get_size()).hex()
            self.channels = self.caps.get_structure(0).get_int('channels')[1]
        else:
            with open(path, 'rb') as file:
                data = file.read()
            kind = 'mulaw' if codec == 'pcmu' else 'alaw'
            self.caps = Gst.Caps.from_string(f'audio/x-{kind},rate=8000,channels=1')
            self.packets = [data[at:at + 160] for at in range(0, len(data) - 159, 160)]
            self.duration = SECOND // 50
            self.rate, self.samples, self.config, self.channels = 8000, 160, '', 1
            self.payloader = 'rtppcmupay' if codec == 'pcmu' else 'rtppcmapay'

    @classmethod
    def load(cls, path, codec):
        if path not in cls.cache:
            cls.cache[path] = cls(path, codec)
        return cls.cache[path]
