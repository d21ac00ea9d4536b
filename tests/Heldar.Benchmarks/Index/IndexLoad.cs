using System.Globalization;
using Heldar.Cloud.Batches;
using Heldar.Cloud.Index;
using Heldar.Contracts.Events;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Benchmarks.Index;

/// <summary>One message: its signed bytes, and what the handler makes of them before it writes.</summary>
internal sealed record LoadedMessage(byte[] Body, VerifiedBatch Batch, IReadOnlyList<LandingRow> Rows);

/// <summary>Boxes with their cameras, and messages full of segments that nobody has seen yet.</summary>
internal sealed class IndexLoad(IndexPlan plan) : IDisposable
{
    private readonly List<(TestBox Box, List<Guid> Cameras)> _boxes = [];
    private int _made;

    // Segments of the last hours, as real ones are.
    private Instant _next = Instant.FromDateTimeOffset(TimeProvider.System.GetUtcNow()) - Duration.FromHours(20);

    public async Task RegisterAsync(NpgsqlDataSource database)
    {
        for (var b = 0; b < plan.Boxes; b++)
        {
            var box = new TestBox { Site = "bench" };
            _boxes.Add((box, []));
            await box.RegisterAsync(database);
            for (var n = 0; n < plan.CamerasOfABox; n++) _boxes[b].Cameras.Add(await box.AddCameraAsync(database, string.Create(CultureInfo.InvariantCulture, $"bench{b:00}-{n:00}")));
        }
    }

    /// <summary>Messages of one round.</summary>
    public IReadOnlyList<LoadedMessage> Make() => [.. Enumerable.Range(0, plan.Messages).Select(_ => One())];

    public void Dispose()
    {
        foreach (var (box, _) in _boxes) box.Dispose();
    }

    private LoadedMessage One()
    {
        var (box, cameras) = _boxes[_made++ % _boxes.Count];
        List<SegmentData> segments = [];
        for (var n = 0; n < IndexPlan.EventsPerMessage; n++)
        {
            _next += Duration.FromMilliseconds(2);
            segments.Add(TestBox.Segment(cameras[n % cameras.Count], _next, Duration.FromSeconds(30)));
        }

        var envelope = box.Seal([.. segments.Select(box.Event)]);
        var batch = new VerifiedBatch(new BoxRecord(box.Tenant, box.Id, box.Site), envelope, BatchBody.Parse(BatchBody.Bytes(envelope.Body!)));
        return new(envelope.ToBytes(), batch, [.. segments.Select(s => new LandingRow(box.Id, s, Convert.FromHexString(s.Sha256), Convert.FromHexString(s.Root)))]);
    }
}
