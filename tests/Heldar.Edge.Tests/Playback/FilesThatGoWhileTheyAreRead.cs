using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Heldar.Edge.Playback;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Api;
using Heldar.Media.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Heldar.Edge.Tests.Playback;

/// <summary>What happens to a file in the middle of an answer: the reader gets the promised bytes, or sees that the answer was broken off; never other bytes, and never fewer in order.</summary>
public sealed class FilesThatGoWhileTheyAreRead : IAsyncLifetime
{
    private const int Length = 64 << 20;
    private const int From = 1000;
    private const int Part = 1 << 20;
    private readonly Guid _id = Guid.CreateVersion7();
    private readonly ConcurrentQueue<string> _said = new();
    private BoxFixture _box = null!;
    private string _file = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("deleted")]
    [InlineData("replaced")]
    public async Task FileThatLeavesItsPlace_IsReadToItsEnd(string how) => Assert.Equal(Length - From, await ReadAsync(() =>
    {
        if (how == "deleted") File.Delete(_file);
        else File.Move(Other(), _file, overwrite: true);
    }));

    [Theory]
    [InlineData("truncated", "cut short")]
    [InlineData("written", "was written to")]
    [InlineData("emptied", "while it was read")]
    public async Task FileThatIsChangedInItsPlace_BreaksTheAnswerOff(string how, string why)
    {
        var got = await ReadAsync(() =>
        {
            if (how == "written")
            {
                using var file = File.OpenHandle(_file, access: FileAccess.Write, share: FileShare.ReadWrite);
                RandomAccess.Write(file, new byte[Length / 2], Length / 2);
            }
            else
            {
                using var file = new FileStream(_file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                file.SetLength(how == "truncated" ? Part : 0);
                // A file of the right length again, with nothing in it.
                if (how == "emptied") file.SetLength(Length);
            }
        });
        Assert.InRange(got, Part, Length - From - 1);
        await Eventually.TrueAsync(() => _said.Any(s => s.Contains(_id.ToString(), StringComparison.Ordinal) && s.Contains(why, StringComparison.Ordinal)), "the log says it");
        Assert.DoesNotContain(_said, s => s.Contains("nhandled", StringComparison.Ordinal));
        // The box goes on, and so does the next reader of something else.
        Assert.Equal(200, (await _box.SendAsync("GET", "/healthz")).Status);
    }

    public async ValueTask InitializeAsync()
    {
        _box = await BoxFixture.StartAsync("cameras: [{ id: gate, url: 'rtsp://10.0.0.3/' }]");
        _box.App.Services.GetRequiredService<ILoggerFactory>().AddProvider(new Said(_said));
        _file = Path.Combine(_box.Folder, $"{_id}.mp4");
        var whole = new byte[Length];
        for (var i = 0; i < Length; i++) whole[i] = At(i);
        await File.WriteAllBytesAsync(_file, whole, Cancellation);
        // Written a while ago, as segments are.
        File.SetLastWriteTimeUtc(_file, new DateTime(2026, 11, 21, 4, 30, 0, DateTimeKind.Utc));
        _box.Footage.Items.Add(new Footage(_id, _box.Cameras.Find("gate")!.Uid, Instant.FromUtc(2026, 11, 21, 4, 30), Instant.FromUtc(2026, 11, 21, 4, 31), Length, _file) { Sha256 = new string('a', 64) });
    }

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private static byte At(long position) => (byte)((position * 31) + (position >> 8) + (position >> 16) + 1);

    private string Other()
    {
        var other = _file + ".other";
        File.WriteAllBytes(other, new byte[Length]);
        return other;
    }

    /// <summary>Asks for all behind <see cref="From"/>, takes some of it, lets something happen to the file, and takes the rest.</summary>
    /// <returns>Bytes that came until the answer ended; all were right.</returns>
    private async Task<long> ReadAsync(Action happens)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/media/recordings/{_id}.mp4") { Headers = { Range = new RangeHeaderValue(From, null), Authorization = new AuthenticationHeaderValue("Bearer", _box.AdminKey) } };
        using var response = await _box.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal(206, (int)response.StatusCode);
        Assert.Equal(Length - From, response.Content.Headers.ContentLength);
        await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
        var buffer = new byte[65536];
        long got = 0;
        var happened = false;
        try
        {
            int read;
            while ((read = await body.ReadAsync(buffer, Cancellation)) > 0)
            {
                for (var i = 0; i < read; i++)
                    if (buffer[i] != At(From + got + i)) Assert.Fail($"byte {From + got + i} is {buffer[i]}, to be {At(From + got + i)}");
                got += read;
                if (happened || got < Part) continue;
                happened = true;
                happens();
            }

            Assert.Equal(Length - From, got);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            Assert.True(happened && got < Length - From, e.Message);
        }

        // Whoever deletes need not wait for it any more.
        var locks = _box.App.Services.GetRequiredService<ReadLocks>();
        await Eventually.TrueAsync(() => !locks.IsRead(_id), "the segment is let go");
        return got;
    }

    private sealed class Said(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
