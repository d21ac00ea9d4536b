using System.Security.Cryptography;
using System.Text;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;

namespace Heldar.Testing;

/// <summary>
/// A box made of nothing but its key: registers itself in the database and signs batches as a real one does. Its own list of what it sent is the ground truth.
/// </summary>
public sealed class TestBox : IDisposable
{
    private readonly ECDsa _key = BoxKeys.Create();
    private readonly Dictionary<EventClass, long> _batches = [];

    /// <summary>Tenant, site and id.</summary>
    public string Tenant { get; init; } = "main";

    public string Site { get; init; } = "depot";

    public Guid Id { get; } = Guid.CreateVersion7();

    public string Epoch { get; } = Guid.NewGuid().ToString("N");

    public string KeyId => BoxKeys.KeyId(_key.ExportSubjectPublicKeyInfo());

    /// <summary>Segments that it sent, in order.</summary>
    public List<SegmentData> Sent { get; } = [];

    /// <summary>Writes tenant, site, box and key, as enrolment does.</summary>
    public async Task RegisterAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            """
            insert into tenant (tenant, name) values (@tenant, @tenant) on conflict do nothing;
            insert into site (tenant, site, name, time_zone) values (@tenant, @site, @site, 'Europe/Berlin') on conflict do nothing;
            insert into box (tenant, box, site, name, version, shard) values (@tenant, @box, @site, 'test box', '0', '0');
            insert into box_key (tenant, box, key_id, public_key) values (@tenant, @box, @key, @public)
            """);
        command.Parameters.AddWithValue("tenant", Tenant);
        command.Parameters.AddWithValue("site", Site);
        command.Parameters.AddWithValue("box", Id);
        command.Parameters.AddWithValue("key", KeyId);
        command.Parameters.AddWithValue("public", _key.ExportSubjectPublicKeyInfo());
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Adds a camera of this box straight to the registry and returns its uid.</summary>
    public async Task<Guid> AddCameraAsync(NpgsqlDataSource database, string slug)
    {
        var camera = Guid.CreateVersion7();
        await using var command = database.CreateCommand("insert into camera (tenant, camera, box, site, slug, name, enabled) values (@tenant, @camera, @box, @site, @slug, @slug, true)");
        command.Parameters.AddWithValue("tenant", Tenant);
        command.Parameters.AddWithValue("camera", camera);
        command.Parameters.AddWithValue("box", Id);
        command.Parameters.AddWithValue("site", Site);
        command.Parameters.AddWithValue("slug", slug);
        await command.ExecuteNonQueryAsync();
        return camera;
    }

    /// <summary>A segment with hashes of its own.</summary>
    public static SegmentData Segment(Guid camera, Instant start, Duration length, int revision = 1, Guid? id = null) => new()
    {
        Segment = id ?? Guid.CreateVersion7(start.ToDateTimeOffset()),
        Camera = camera,
        Revision = revision,
        Run = Guid.CreateVersion7(),
        Start = Instant.FromUnixTimeMilliseconds(start.ToUnixTimeMilliseconds()),
        End = Instant.FromUnixTimeMilliseconds(start.ToUnixTimeMilliseconds()) + length,
        Bytes = 15_000_000,
        Codec = "avc1.640028",
        Width = 1920,
        Height = 1080,
        Frames = 750,
        Sha256 = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
        Root = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
        Reason = "closed",
    };

    /// <summary>The event of a segment.</summary>
    public CloudEvent Event(SegmentData data)
    {
        Sent.Add(data);
        var type = data.Revision == 1 ? EventTypes.SegmentClosed : EventTypes.SegmentRevised;
        return CloudEvent.Create(type, EventIds.ForSegment(data.Segment, type, data.Revision), EventSource.OfCamera(Tenant, Site, data.Camera), data.End, data);
    }

    /// <summary>An event of this box itself.</summary>
    public CloudEvent BoxEvent<T>(string type, Instant time, T data) => CloudEvent.Create(type, Guid.CreateVersion7().ToString("D"), EventSource.OfBox(Tenant, Site, Id), time, data);

    /// <summary>A signed batch of events of one class; <paramref name="change"/> and <paramref name="text"/> can spoil the body before, <paramref name="after"/> the envelope after signing.</summary>
    public Envelope Seal(IReadOnlyList<CloudEvent> events, EventClass @class = EventClass.Segment, Func<BatchBody, BatchBody>? change = null, Func<Envelope, Envelope>? after = null, Func<string, string>? text = null)
    {
        var batch = _batches[@class] = _batches.GetValueOrDefault(@class) + 1;
        var body = new BatchBody { Tenant = Tenant, Box = Id, Class = @class, Epoch = Epoch, BatchSeq = batch, Events = events };
        body = change?.Invoke(body) ?? body;
        var bytes = body.ToBytes();
        if (text is not null) bytes = Encoding.UTF8.GetBytes(text(Encoding.UTF8.GetString(bytes)));
        var envelope = new Envelope
        {
            Tenant = Tenant,
            Box = Id,
            KeyId = KeyId,
            Class = @class,
            Epoch = Epoch,
            BatchSeq = batch,
            Body = Encoding.UTF8.GetString(bytes),
            Sig = BoxKeys.Sign(_key, bytes),
        };
        return after?.Invoke(envelope) ?? envelope;
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
