using System.Data.Common;
using Dapper;
using Heldar.Contracts.Events;
using Heldar.Edge.Enrolment;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using Heldar.Edge.Uplink;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Uplink;

/// <summary>A box's uplink on a real database, stepped by hand, beside a fake cloud.</summary>
internal sealed class UplinkFixture : IAsyncDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly TemporaryFolder _folder = new();
    private BoxKey _key = null!;

    public ManualClock Clock { get; } = new();

    public FakeCloud Cloud { get; private set; } = null!;

    public BoxStore Store { get; private set; } = null!;

    public Outbox Outbox { get; private set; } = null!;

    public Pending Pending { get; private set; } = null!;

    public UplinkState State { get; private set; } = null!;

    public UplinkSender Sender { get; private set; } = null!;

    public UplinkSession Session { get; private set; } = null!;

    public IdentityStore Identities { get; private set; } = null!;

    public FleetClient Fleet { get; private set; } = null!;

    public string Folder => _folder.Path;

    public UplinkOptions Options { get; set; } = UplinkOptions.For(UplinkProfile.Normal);

    public string Token { get; set; } = "token-1";

    public static async Task<UplinkFixture> StartAsync()
    {
        var fixture = new UplinkFixture { Cloud = await FakeCloud.StartAsync() };
        fixture.Cloud.Clock = fixture.Clock;
        fixture.Open();
        return fixture;
    }

    /// <summary>Everything again from disk, as after a restart.</summary>
    public async Task RestartAsync(bool loseDatabase = false)
    {
        await Store.DisposeAsync();
        _key.Dispose();
        Pending.Dispose();
        if (loseDatabase)
            foreach (var file in Directory.GetFiles(_folder.Path, "box.db*")) File.Delete(file);
        Open();
    }

    /// <summary>Enrols or renews, and sends until nothing is due.</summary>
    public async Task RunAsync()
    {
        for (var i = 0; i < 10 && await Session.StepAsync(CancellationToken.None) == Duration.Zero; i++)
        {
        }

        await DrainAsync();
    }

    public async Task DrainAsync()
    {
        for (var i = 0; i < 1000; i++)
            if (await Sender.StepAsync(CancellationToken.None) > Duration.Zero) return;
        Assert.Fail("the sender does not come to rest");
    }

    /// <summary>Moves time past the flush, then runs.</summary>
    public async Task FlushAsync()
    {
        Clock.Advance(Options.Flush);
        await RunAsync();
    }

    /// <summary>Lets time pass in steps, each of which ends with a heartbeat.</summary>
    public async Task PassAsync(Duration time, Duration step)
    {
        for (var left = time; left > Duration.Zero; left -= step)
        {
            Clock.Advance(step);
            await RunAsync();
        }
    }

    public async Task BeatAsync()
    {
        Clock.Advance(Options.Heartbeat);
        await RunAsync();
    }

    public Task SegmentAsync(int number = 1) => Store.EnqueueAsync(db =>
    {
        var id = new Guid(number, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 1);
        Outbox.Append(db, EventTypes.SegmentClosed, EventIds.ForSegment(id, EventTypes.SegmentClosed, 1), Camera, Clock.Now, Data(id));
    });

    public Task AppendAsync(string type, Guid? camera, object data) =>
        Store.EnqueueAsync(db => Outbox.Append(db, type, Guid.NewGuid().ToString("D"), camera, Clock.Now, data));

    public async Task<T> ReadAsync<T>(Func<DbConnection, T> read)
    {
        var value = default(T)!;
        await Store.EnqueueAsync(db => value = read(db));
        return value;
    }

    public Task<long> BatchesKeptAsync() => ReadAsync(db => db.QuerySingle<long>("SELECT count(*) FROM outbox_batch"));

    public Task<OutboxBacklog> BacklogAsync() => ReadAsync(OutboxRows.Backlog);

    public static Guid Camera { get; } = Guid.Parse("01938e20-0000-7000-8000-0000000000aa");

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _key.Dispose();
        Pending.Dispose();
        _http.Dispose();
        await Cloud.DisposeAsync();
        _folder.Dispose();
    }

    private static SegmentData Data(Guid id) => new()
    {
        Segment = id,
        Camera = Camera,
        Revision = 1,
        Run = id,
        Start = Instant.FromUtc(2026, 11, 21, 4, 0),
        End = Instant.FromUtc(2026, 11, 21, 4, 1),
        Bytes = 1,
        Codec = "avc1.640028",
        Frames = 1,
        Sha256 = new string('a', 64),
        Root = new string('b', 64),
        Reason = "closed",
    };

    private void Open()
    {
        var fleet = new FleetSettings(new Uri(Cloud.Url), new Secret(Token), UplinkProfile.Normal);
        var settings = SettingsReader.Read(_folder.File("heldar.yaml"), "box: { name: Depot }", _ => null) with { Fleet = fleet };
        _key = BoxKey.Open(_folder.Path);
        Store = BoxStore.Open(new StoreOptions { File = _folder.File("box.db") }, StoreSchema.Embedded(), NullLogger<BoxStore>.Instance);
        Identities = new IdentityStore(_folder.Path, _key.Id);
        Fleet = new FleetClient(_http, fleet, _key, Clock);
        Pending = new Pending(Options);
        State = new UplinkState(Pending);
        Outbox = new Outbox(Options, Pending, Clock);
        Pending.MarkAll(Clock.Now);
        Sender = new UplinkSender(Options, Store, Pending, State, Identities, new BatchSealer(_key, NullLogger<BatchSealer>.Instance), new QueuePut(_http), Clock);
        Session = new UplinkSession(Options, Fleet, new Enroller(Fleet, fleet, settings, _key, Identities), Identities, BootCounter.Start(_folder.Path), State, Pending, new BoxTime(Clock, Clock.Monotonic));
    }
}
