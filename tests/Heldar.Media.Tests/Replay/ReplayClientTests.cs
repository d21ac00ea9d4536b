using System.Buffers.Binary;
using Heldar.Media.Ingest;
using Heldar.Media.Replay;
using Heldar.Media.Streams;
using Heldar.Media.Tests.Ingest;
using Heldar.Media.Tests.Rtp;
using NodaTime;

namespace Heldar.Media.Tests.Replay;

/// <summary>What a camera replays comes dated by the camera, and a replay ends however it ends.</summary>
public sealed class ReplayClientTests
{
    private static readonly Instant From = Instant.FromUtc(2026, 11, 21, 4, 37, 0);
    private static readonly Duration Interval = Duration.FromMilliseconds(40);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Onvif_AsksForTheRange_AndDatesByTheExtension()
    {
        await using var camera = Camera([.. Pictures(25, flags: i => i == 24 ? 0x50 : 0)]);
        var (units, end) = await ReplayAsync(camera);

        var play = camera.Requests.Single(r => r.Method == "PLAY");
        Assert.Equal(("clock=20261121T043700.000Z-20261121T043730.000Z", "no", "onvif-replay"), (play.Header("Range"), play.Header("Rate-Control"), play.Header("Require")));
        Assert.All(camera.Requests.Where(r => r.Method is "DESCRIBE" or "SETUP"), r => Assert.Equal("onvif-replay", r.Header("Require")));
        Assert.Equal(ReplayEnd.EndOfFootage, end);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => From + (Interval * i)), units.Select(u => u.Time));
        Assert.Equal([0, 10, 20], units.Index().Where(u => u.Item.Key).Select(u => u.Index));
        Assert.Equal([false, .. Enumerable.Repeat(true, 24)], units.Select(u => u.Follows));
        Assert.Contains(camera.Requests, r => r.Method == "TEARDOWN");
    }

    [Fact]
    public async Task CameraWithoutOnvif_IsAskedAgain_AndDatesByReports()
    {
        byte[] report = [0x80, 200, 0, 6, 0, 0, 0x12, 0x34, .. Ntp(From + Duration.FromMilliseconds(400)), .. BigEndian(36000), 0, 0, 0, 0, 0, 0, 0, 0];
        byte[] bye = [0x81, 203, 0, 1, 0, 0, 0x12, 0x34];
        await using var camera = Camera([ScriptedCamera.Frame(1, report), .. ScriptedCamera.Stream(20), ScriptedCamera.Frame(1, bye)]);
        camera.Answer = r => r.Header("Require").Length > 0 ? "RTSP/1.0 551 Option not supported\r\nUnsupported: onvif-replay\r\n\r\n" : null;
        var (units, end) = await ReplayAsync(camera, "?starttime={start}&endtime={end}");

        var asked = camera.Requests.Last(r => r.Method == "DESCRIBE");
        Assert.EndsWith("?starttime=20261121T043700Z&endtime=20261121T043730Z", asked.Url, StringComparison.Ordinal);
        Assert.Equal("npt=0.000-", camera.Requests.Single(r => r.Method == "PLAY").Header("Range"));
        Assert.Equal(ReplayEnd.EndOfFootage, end);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => From + (Interval * i)), units.Select(u => u.Time));
    }

    [Fact]
    public async Task HoleInTheStorage_BreaksTheChain()
    {
        await using var camera = Camera([.. Pictures(10, flags: i => i == 9 ? 0x40 : 0), .. Pictures(10, first: 200, flags: i => i == 0 ? 0x20 : i == 9 ? 0x10 : 0)]);
        var (units, _) = await ReplayAsync(camera);

        Assert.Equal([0, 10], units.Index().Where(u => !u.Item.Follows).Select(u => u.Index));
        Assert.Equal(From + (Interval * 200), units[10].Time);
    }

    [Fact]
    public async Task LostPacket_BreaksTheChain_UntilAKeyframe()
    {
        var frames = Pictures(20).ToList();
        frames.RemoveAt(4);
        await using var camera = Camera([.. frames, .. Pictures(1, first: 20, sequence: 20, flags: _ => 0x10)]);
        var (units, _) = await ReplayAsync(camera);

        Assert.Equal([0, 1, 2, 3, 10], units.Take(5).Select(u => (int)((u.Time - From) / Interval)));
        Assert.Equal([true, true, true, false, true], units.Skip(1).Take(5).Select(u => u.Follows));
    }

    [Fact]
    public async Task ReplayThatGoesOn_EndsWithItsRange()
    {
        await using var camera = Camera([.. Pictures(1000)]);
        var (units, end) = await ReplayAsync(camera);

        Assert.Equal((750, ReplayEnd.Range), (units.Count, end));
    }

    [Fact]
    public async Task Silence_EndsIt()
    {
        await using var camera = Camera([.. Pictures(5)]);
        var (units, end) = await ReplayAsync(camera, options: new ReplayOptions { IdleTimeout = Duration.FromMilliseconds(300) });

        Assert.Equal((5, ReplayEnd.Silent), (units.Count, end));
    }

    [Fact]
    public async Task TooManyBytes_EndIt()
    {
        await using var camera = Camera([.. Pictures(700, size: 4000)]);
        var (units, end) = await ReplayAsync(camera, options: new ReplayOptions { MaxBytes = 1 << 20 });

        Assert.Equal(ReplayEnd.Limit, end);
        Assert.InRange(units.Count, 200, 400);
    }

    [Fact]
    public async Task UndatedPictures_AreRefused()
    {
        await using var camera = Camera([.. ScriptedCamera.Stream(300)]);
        var refused = await Assert.ThrowsAsync<ReplayException>(() => ReplayAsync(camera));

        Assert.Equal(StreamFailure.Unsupported, refused.Failure);
    }

    [Theory]
    [InlineData("453 Not Enough Bandwidth", StreamFailure.Busy)]
    [InlineData("457 Invalid Range", StreamFailure.NotFound)]
    [InlineData("404 Not Found", StreamFailure.NotFound)]
    [InlineData("500 Internal Server Error", StreamFailure.Protocol)]
    public async Task Refusal_IsToldApart(string status, StreamFailure failure)
    {
        await using var camera = Camera([]);
        camera.Answer = r => r.Method is "SETUP" ? $"RTSP/1.0 {status}\r\n\r\n" : null;
        var refused = await Assert.ThrowsAsync<ReplayException>(() => ReplayAsync(camera));

        Assert.Equal(failure, refused.Failure);
    }

    [Fact]
    public async Task Redirect_ToAnotherHost_GetsNoCredentials()
    {
        await using var camera = Camera([]);
        camera.Answer = r => r.Method == "DESCRIBE" && r.Url.Contains("127.0.0.1", StringComparison.Ordinal)
            ? $"RTSP/1.0 302 Found\r\nLocation: rtsp://localhost:{camera.Port}/elsewhere\r\n\r\n"
            : r.Method == "DESCRIBE" ? "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n" : null;
        var refused = await Assert.ThrowsAsync<ReplayException>(() => ReplayAsync(camera));

        Assert.Equal(StreamFailure.Unauthorized, refused.Failure);
        Assert.DoesNotContain(camera.Requests, r => r.Header("Authorization").Length > 0);
    }

    [Fact]
    public void Times_AreRoundedOutwards() => Assert.Equal(
        ("rtsp://cam/x?a=20261121T043700Z&b=20261121T043731Z", true),
        ReplayClient.Expand("rtsp://cam/x?a=%7Bstart%7D&b={end}", From + Duration.FromMilliseconds(900), From + Duration.FromMilliseconds(30_001)));

    private static ScriptedCamera Camera(IReadOnlyList<byte[]> media) => new() { Media = () => media, Pace = TimeSpan.Zero };

    /// <summary>Pictures with the extension; every tenth begins a group.</summary>
    private static IEnumerable<byte[]> Pictures(int count, int first = 0, Func<int, int>? flags = null, int? sequence = null, int size = 50)
    {
        for (var i = 0; i < count; i++)
        {
            var number = first + i;
            var key = number % 10 == 0 || i == 0;
            byte[] payload = key ? RtpBytes.StapA(Nals.Sps480, Nals.Pps, Nals.Idr()) : Nals.Slice(size);
            var packet = RtpBytes.Packet((sequence ?? (first == 200 ? 10 : first)) + i, (uint)(number * 3600), true, payload);
            yield return ScriptedCamera.Frame(0, Extended(packet, From + (Interval * number), flags?.Invoke(i) ?? 0));
        }
    }

    private static byte[] Extended(byte[] packet, Instant time, int flags) =>
        [(byte)(packet[0] | 0x10), .. packet[1..12], 0xAB, 0xAC, 0, 3, .. Ntp(time), (byte)flags, 4, 0, 0, .. packet[12..]];

    private static byte[] Ntp(Instant time)
    {
        var since = time - Instant.FromUtc(1900, 1, 1, 0, 0);
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)(long)since.TotalSeconds);
        // Rounded up: the reader rounds down to whole nanoseconds.
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), (uint)(((ulong)since.SubsecondNanoseconds << 32) / 1_000_000_000) + (since.SubsecondNanoseconds > 0 ? 1u : 0));
        return bytes;
    }

    private static byte[] BigEndian(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static async Task<(IReadOnlyList<(Instant Time, bool Key, bool Follows)> Units, ReplayEnd End)> ReplayAsync(ScriptedCamera camera, string query = "", ReplayOptions? options = null)
    {
        var pool = new MediaBlockPool();
        var source = new StreamSource(new Uri(camera.Url + query), "admin", "secret", Audio: false, ClockSource.Camera);
        List<(Instant, bool, bool)> units = [];
        ReplayEnd end;
        var session = await new ReplayClient(options ?? new ReplayOptions(), pool).OpenAsync(new ReplayRequest(source, From, From + Duration.FromSeconds(30)), Cancellation);
        try
        {
            await foreach (var unit in session.ReadAsync(Cancellation)) units.Add((unit.Time, unit.IsKeyframe, unit.Follows));
            end = session.End;
        }
        finally
        {
            await session.DisposeAsync();
        }

        await Eventually.TrueAsync(() => camera.Requests.Any(r => r.Method == "TEARDOWN"), "teardown");
        Assert.Equal(0, pool.BytesInUse);
        return (units, end);
    }
}
