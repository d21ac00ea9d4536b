using System.Net.Sockets;
using System.Text;
using Heldar.Edge.Watchdog;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace Heldar.Edge.Tests.Watchdog;

/// <summary>A socket takes the place of systemd and hears what the box says.</summary>
public sealed class WatchdogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Socket _systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public WatchdogTests()
    {
        _systemd.Bind(new UnixDomainSocketEndPoint(_folder.File("notify")));
        _systemd.ReceiveTimeout = 20_000;
    }

    public void Dispose()
    {
        _systemd.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Box_SaysReady_ThenThatItLives_ThenThatItStops()
    {
        using var manager = new ServiceManager(Options(60));
        var lifetime = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        using var service = new WatchdogService(Options(60), manager, new Pulse(), lifetime, NullLogger<WatchdogService>.Instance);

        await service.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal("WATCHDOG=1", Hear());
        lifetime.NotifyStarted();
        Assert.StartsWith("READY=1", HearUnlike("WATCHDOG=1"), StringComparison.Ordinal);
        Assert.Equal("WATCHDOG=1", Hear());
        lifetime.StopApplication();
        Assert.StartsWith("STOPPING=1", HearUnlike("WATCHDOG=1"), StringComparison.Ordinal);
        await service.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Box_StaysSilent_WhileItsCamerasDoNotAnswer_AndSpeaksAgain()
    {
        var pulse = new Pulse { Hangs = true };
        using var manager = new ServiceManager(Options(30));
        var lifetime = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        using var service = new WatchdogService(Options(30), manager, pulse, lifetime, NullLogger<WatchdogService>.Instance);
        await service.StartAsync(TestContext.Current.CancellationToken);
        await pulse.TriedAsync(5);
        Assert.Equal(0, _systemd.Available);

        pulse.Hangs = false;
        Assert.Equal("WATCHDOG=1", Hear());
        await service.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Box_StaysSilent_WhenAPulseFails()
    {
        var pulse = new Pulse { Fails = true };
        using var manager = new ServiceManager(Options(30));
        var lifetime = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        using var service = new WatchdogService(Options(30), manager, pulse, lifetime, NullLogger<WatchdogService>.Instance);
        await service.StartAsync(TestContext.Current.CancellationToken);
        await pulse.TriedAsync(5);
        await service.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, _systemd.Available);
    }

    [Theory]
    [InlineData("/run/notify", "30000000", null, "/run/notify", 30.0)]
    [InlineData("@abstract", "1000", null, "@abstract", 0.001)]
    [InlineData("/run/notify", "30000000", "1", "/run/notify", null)]
    [InlineData("/run/notify", "0", null, "/run/notify", null)]
    [InlineData("/run/notify", "soon", null, "/run/notify", null)]
    [InlineData("/run/notify", null, null, "/run/notify", null)]
    [InlineData("vsock:2:1234", "30000000", null, null, null)]
    [InlineData("", "30000000", null, null, null)]
    [InlineData(null, "30000000", null, null, null)]
    public void Options_AreThoseOfTheServiceManager(string? socket, string? patience, string? process, string? expected, double? seconds)
    {
        var options = WatchdogOptions.Read(name => name switch { "NOTIFY_SOCKET" => socket, "WATCHDOG_USEC" => patience, "WATCHDOG_PID" => process, _ => null });

        Assert.Equal(new WatchdogOptions(expected, seconds is null ? null : TimeSpan.FromSeconds(seconds.Value)), options);
    }

    [Fact]
    public void Manager_ThatIsNotThere_IsNoFault()
    {
        using var nobody = new ServiceManager(new WatchdogOptions(null, null));
        using var gone = new ServiceManager(new WatchdogOptions(_folder.File("gone"), null));
        using var here = new ServiceManager(Options(1000));

        Assert.Equal((false, false, true), (nobody.Tell("READY=1"), gone.Tell("READY=1"), here.Tell("READY=1")));
    }

    private WatchdogOptions Options(int milliseconds) => new(_folder.File("notify"), TimeSpan.FromMilliseconds(milliseconds));

    private string Hear()
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, _systemd.Receive(buffer));
    }

    private string HearUnlike(string usual)
    {
        string heard;
        do heard = Hear();
        while (heard == usual);
        return heard;
    }

    private sealed class Pulse : IPulse
    {
        private int _tries;

        public volatile bool Hangs;
        public volatile bool Fails;

        public Task BeatAsync(CancellationToken cancellation)
        {
            Interlocked.Increment(ref _tries);
            if (Fails) throw new InvalidOperationException("no answer");
            // Ignores its token, as a loop that hangs does.
            return Hangs ? new TaskCompletionSource().Task : Task.CompletedTask;
        }

        public async Task TriedAsync(int times)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            while (Volatile.Read(ref _tries) < times) await timer.WaitForNextTickAsync(limit.Token);
        }
    }
}
