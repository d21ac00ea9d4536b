using Heldar.Media.Mp4;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Tests.Mp4;

/// <summary>Puts a segment together as a recorder does: fragments of at most a second, cut only where presentation order allows it.</summary>
internal static class SegmentBytes
{
    public static readonly SegmentLabel Label = new(
        Guid.Parse("0190c0de-0000-7000-8000-000000000001"), Guid.Parse("0190c0de-0000-7000-8000-000000000002"), Guid.Parse("0190c0de-0000-7000-8000-000000000003"),
        Instant.FromUtc(2026, 3, 29, 0, 59, 58).PlusNanoseconds(123_456_700), 320, 180, "avc1.64000d");

    public static byte[] Build(Clip clip, out List<int> ends, AudioFormat? audio = null, IReadOnlyList<ClipFrame>? sound = null)
    {
        var file = new MemoryStream();
        ends = [];
        file.Write(Mp4Header.Build(Label with { Codec = clip.Format.CodecString }, clip.Format, audio));
        ends.Add((int)file.Length);
        var (video, voice, writer, points) = (new TrackSamples(), new TrackSamples(), new FragmentWriter(), new List<RandomAccessPoint>());
        var (pending, played) = (new List<ClipFrame>(), 0);
        var (sequence, end, voiceEnd) = (0u, 0L, 0L);
        for (var i = 0; i <= clip.Frames.Count; i++)
        {
            var next = i < clip.Frames.Count ? clip.Frames[i] : null;
            var due = pending.Count > 0 && (next is null || (next.Time > pending.Max(f => f.Time) && (next.Key || next.Time - pending[0].Time >= 90_000)));
            if (due)
            {
                video.Clear();
                voice.Clear();
                foreach (var frame in pending) video.Add(frame.Time, frame.Bytes.Length, frame.Key);
                video.LayOut(end, 3600);
                if (pending[0].Key) points.Add(new RandomAccessPoint(video.Base, file.Length));
                end = video.End;
                var heard = sound?.Skip(played).Where(f => next is null || f.Time * 90_000.0 / audio!.SampleRate < next.Time).ToList() ?? [];
                foreach (var frame in heard) voice.Add(frame.Time, frame.Bytes.Length, true);
                voice.LayOut(voiceEnd, voice.Interval(1024));
                voiceEnd = voice.End;
                played += heard.Count;
                file.Write(writer.Build(++sequence, video, heard.Count > 0 ? voice : null).Span);
                foreach (var frame in pending.Concat(heard)) file.Write(frame.Bytes);
                ends.Add((int)file.Length);
                pending.Clear();
            }

            if (next is not null) pending.Add(next);
        }

        file.Write(Mp4Tail.Build(points));
        return file.ToArray();
    }
}
