using System.Data.Common;
using System.Globalization;
using Heldar.Contracts.Events;
using Heldar.Edge.Indexer;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Media.SegmentNames;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Benchmarks.Kept;

/// <summary>
/// A box's folder with a year of footage of 16 cameras: rows by the product's own statements, sealed lines with their chain, and a file for every segment
/// (empty: nothing here reads media). Each camera is interrupted for a minute about twelve times a day. The newest day of the seal log has a line for each second of each
/// camera, and says in each file what stands, as a recording box seals it.
/// </summary>
internal sealed class FilledBox(string folder, int segments)
{
    public const int Cameras = 16;
    private const int PerCommit = 2000;
    private static readonly Duration Interruption = Duration.FromMinutes(1);

    /// <summary>The year's end, and that of a whole hour of the seal log: some time ago, so that nothing here is of today.</summary>
    public static Instant End { get; } = Instant.FromUtc(2026, 10, 31, 23, 59, 59);

    /// <summary>Hours of the seal log that are as those of a recording box: some 1.4 million lines.</summary>
    private static readonly Duration SealedEachSecond = Duration.FromDays(1);

    public static Instant Begin { get; } = End - Duration.FromDays(365);

    public string Folder => folder;

    public string Recordings => Path.Combine(folder, "recordings");

    public string Database => Path.Combine(folder, "data", "box.db");

    public int Segments => segments;

    public static Guid Camera(int number) => new(0x0190c0de, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, (byte)number);

    public static string Slug(int number) => string.Create(CultureInfo.InvariantCulture, $"cam{number:00}");

    /// <summary>Opens the box's database, as the box does.</summary>
    public BoxStore Open() => BoxStore.Open(new StoreOptions { File = Database }, StoreSchema.Embedded(), NullLogger<BoxStore>.Instance);

    /// <summary>Fills the folder.</summary>
    public async Task FillAsync(Action<string> say, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Database)!);
        var volume = Volume.Open(Recordings, Begin);
        var clock = new Hand { Now = Begin };
        await using var store = Open();
        using var seals = SealLog.Open(Recordings, clock);
        var made = 0;
        foreach (var group in Footage().Chunk(PerCommit))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var (path, data) in group)
            {
                if (data.End > End - SealedEachSecond && data.Camera == Camera(0)) Fragments(seals, clock, [.. group.Where(s => s.Data.Start - data.Start < Duration.FromSeconds(1) && s.Data.Start >= data.Start)]);
                clock.Now = data.End;
                seals.Append(new SealRecord { Type = SealType.Closed, Path = path, Data = data });
                Touch(Path.Combine(Recordings, path));
            }

            await store.EnqueueAsync(
                db =>
                {
                    foreach (var (path, data) in group) SegmentRows.Apply(db, NoOutbox.Instance, volume.Id, path, data);
                    SegmentRows.Mark(db, volume.Id, SealFiles.HourOf(clock.Now));
                },
                cancellation);
            if ((made += group.Length) % (segments / 10) < PerCommit) say($"{made} of {segments} segments");
        }

        seals.Flush();
        using var sync = new FileSystemSync(Recordings);
        sync.Run();
    }

    /// <summary>What was sealed while these segments, one of each camera, ran: their begin, then a fragment a second.</summary>
    private static void Fragments(SealLog seals, Hand clock, IReadOnlyList<(string Path, SegmentData Data)> running)
    {
        var random = new Random(running.Count);
        var (start, end) = (running[0].Data.Start, running.Max(s => s.Data.End));
        clock.Now = start;
        if (SealFiles.HourOf(start) != seals.Hour) seals.Append(new SealRecord { Type = SealType.Noted, Standing = new StandingSeal([.. Enumerable.Range(0, Cameras).Select(c => new StandingCamera(Camera(c), Slug(c), new WantedSeal(Camera(c), Begin)))]) });
        foreach (var (path, data) in running)
            seals.Append(new SealRecord { Type = SealType.Opened, Path = path, Opened = new OpenedSeal(data.Segment, data.Camera, "cam", data.Run, data.Start, data.Codec!, data.Width ?? 0, data.Height ?? 0, 900, Digest(random)) });
        for (var second = 1; start + Duration.FromSeconds(second) < end; second++)
        {
            clock.Now = start + Duration.FromSeconds(second);
            foreach (var (_, data) in running)
                seals.Append(new SealRecord { Type = SealType.Fragments, Fragments = new FragmentsSeal(data.Segment, [new FragmentSeal(second * 150_000L, 150_000, 25, clock.Now, Digest(random))]) });
        }
    }

    private IEnumerable<(string Path, SegmentData Data)> Footage()
    {
        var each = segments / Cameras;
        var step = (End - Begin) / each;
        var everyNth = Math.Max(1, each / (365 * 12));
        var random = new Random(20261101);
        for (var number = 0; number < each; number++)
        {
            for (var camera = 0; camera < Cameras; camera++)
            {
                var start = Begin + (step * number) + Duration.FromMilliseconds(camera);
                var cut = number % everyNth == camera % everyNth ? Interruption : Duration.Zero;
                var id = Guid.CreateVersion7(start.ToDateTimeOffset());
                yield return (new SegmentName(Slug(camera), start, id).RelativePath, new SegmentData
                {
                    Segment = id,
                    Camera = Camera(camera),
                    Revision = 1,
                    Run = Camera(camera),
                    Start = start,
                    End = start + step - cut,
                    Bytes = 4_000_000 + random.Next(1_000_000),
                    Codec = "avc1.64000d",
                    Width = 1920,
                    Height = 1080,
                    Frames = 750,
                    Sha256 = Digest(random),
                    Root = Digest(random),
                    Reason = "closed",
                });
            }
        }
    }

    private static string Digest(Random random)
    {
        Span<byte> bytes = stackalloc byte[32];
        random.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private static void Touch(string path)
    {
        try
        {
            File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write).Dispose();
        }
        catch (DirectoryNotFoundException)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write).Dispose();
        }
    }

    /// <summary>A clock that is moved by hand.</summary>
    private sealed class Hand : IClock
    {
        public Instant Now { get; set; }

        public Instant GetCurrentInstant() => Now;
    }
}

/// <summary>Nobody is told: what is stored long ago was told long ago.</summary>
internal sealed class NoOutbox : IOutbox
{
    public static NoOutbox Instance { get; } = new();

    public void Append(DbConnection tx, string eventType, string eventId, Guid? camera, Instant time, object data)
    {
    }
}
