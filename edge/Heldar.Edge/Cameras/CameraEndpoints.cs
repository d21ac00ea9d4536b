using Heldar.Contracts.Api;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Ingest;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Cameras;

/// <summary>Routes under <c>/api/v1/cameras</c>: bind, call, answer.</summary>
internal static class CameraEndpoints
{
    public static void MapCameras(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/cameras").WithTags("cameras");
        group.MapGet("", ListAsync).Needs(Capability.CameraRead).FiltersCameras().Produces<IReadOnlyList<CameraDto>>();
        group.MapGet("/{id}", GetAsync).Needs(Capability.CameraRead).OfCamera().Produces<CameraDto>().Produces<ErrorBody>(404);
        group.MapPost("", AddAsync).Needs(Capability.RegistryManage).BoxWide().WritesOwnAudit().Accepts<CameraWrite>("application/json").Produces<CameraDto>(201).Produces<ErrorBody>(400).Produces<ErrorBody>(409);
        group.MapPatch("/{id}", ChangeAsync).Needs(Capability.RegistryManage).OfCamera().WritesOwnAudit().Accepts<CameraWrite>("application/json").Produces<CameraDto>().Produces<ErrorBody>(400).Produces<ErrorBody>(404).Produces<ErrorBody>(409);
        group.MapDelete("/{id}", RemoveAsync).Needs(Capability.SystemManage).OfCamera().WritesOwnAudit().Produces(204).Produces<ErrorBody>(404).Produces<ErrorBody>(409);
        group.MapGet("/{id}/test", TestAsync).Needs(Capability.CameraRead).OfCamera().Produces<CameraTestDto>().Produces<ErrorBody>(404);
        group.MapPost("/{id}/test", TestAsync).Needs(Capability.CameraRead).OfCamera().WritesOwnAudit().Produces<CameraTestDto>().Produces<ErrorBody>(404);
    }

    /// <summary>The 404 for a camera that the box does not have.</summary>
    public static IResult NotFound() => Problems.NotFound(ScopeNeed.NoSuchCamera);

    private static async Task<IResult> ListAsync(Caller caller, CameraRegistry cameras, CameraSecrets secrets, BoxSettings settings, CancellationToken cancellation)
    {
        var observed = await cameras.ObserveAsync(cancellation);
        return Results.Json(observed.Where(c => caller.Sees(c.Config.Slug)).OrderBy(c => c.Config.Slug, StringComparer.Ordinal).Select(c => ToDto(c, secrets, settings)).ToList(), BoxJson.Options);
    }

    private static async Task<IResult> GetAsync(string id, CameraRegistry cameras, CameraSecrets secrets, BoxSettings settings, CancellationToken cancellation) =>
        await DtoAsync(id, cameras, secrets, settings, cancellation) is { } dto ? Results.Json(dto, BoxJson.Options) : NotFound();

    private static async Task<IResult> AddAsync(HttpRequest request, Caller caller, CameraRegistry cameras, CameraSecrets secrets, BoxSettings settings, CancellationToken cancellation)
    {
        var (body, refusal) = await RequestBody.ReadAsync<CameraWrite>(request, cancellation);
        if (body is null) return refusal!;
        var reader = new CameraWriteReader(body, CameraLimits.Of(settings));
        var wanted = reader.Create();
        if (reader.Problem is { } problem) return Problems.BadRequest(problem);
        var outcome = await cameras.AddAsync(wanted, body.SegmentSeconds, caller.Actor, cancellation);
        if (outcome != CameraOutcome.Done) return Refuse(outcome, wanted.Id);
        return Results.Json(await DtoAsync(wanted.Id, cameras, secrets, settings, cancellation), BoxJson.Options, statusCode: 201);
    }

    private static async Task<IResult> ChangeAsync(string id, HttpRequest request, Caller caller, CameraRegistry cameras, CameraSecrets secrets, BoxSettings settings, CancellationToken cancellation)
    {
        var (body, refusal) = await RequestBody.ReadAsync<CameraWrite>(request, cancellation);
        if (body is null) return refusal!;
        if (body.Id == id) body = body with { Id = null };
        var reader = new CameraWriteReader(body, CameraLimits.Of(settings));
        var change = reader.Change(secrets);
        if (reader.Problem is { } problem) return Problems.BadRequest(problem);
        var outcome = await cameras.ChangeAsync(id, change, caller.Actor, cancellation);
        if (outcome != CameraOutcome.Done) return Refuse(outcome, id);
        return await GetAsync(id, cameras, secrets, settings, cancellation);
    }

    private static async Task<IResult> RemoveAsync(string id, Caller caller, CameraRegistry cameras, CancellationToken cancellation)
    {
        var outcome = await cameras.RemoveAsync(id, caller.Actor, cancellation);
        return outcome == CameraOutcome.Done ? Results.NoContent() : Refuse(outcome, id);
    }

    private static async Task<IResult> TestAsync(string id, CameraRegistry cameras, CameraSecrets secrets, StreamProbe probe, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } config || cameras.Get(config.Uid.ToString("D")) is not { } camera) return NotFound();
        // A camera that is in use is not opened a second time: its own session knows, and a wrong password is not tried more often.
        var status = (await camera.ObserveAsync(cancellation)).Stream ?? await probe.ProbeAsync(secrets.Source(config), cancellation);
        var video = status.Format?.Video;
        var dto = new CameraTestDto(
            status.State == Media.Ingest.StreamState.Streaming, video?.CodecString, video?.Width, video?.Height, secrets.MaskedUrl(config) ?? Secret.Mask,
            System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(status.State.ToString()), status.Cause);
        return Results.Json(dto, BoxJson.Options);
    }

    private static IResult Refuse(CameraOutcome outcome, string id) => outcome switch
    {
        CameraOutcome.Exists => Problems.Conflict($"there is a camera '{id}' already"),
        CameraOutcome.OwnedByYaml => Problems.Conflict($"camera '{id}' belongs to heldar.yaml: change it there"),
        CameraOutcome.Held => Problems.Conflict($"footage of camera '{id}' is held as evidence, and would not be found without it: end the holds first"),
        CameraOutcome.TooMany => Problems.Conflict($"a box takes at most {SettingsReader.MaxCameras} cameras"),
        _ => NotFound(),
    };

    private static async Task<CameraDto?> DtoAsync(string id, CameraRegistry cameras, CameraSecrets secrets, BoxSettings settings, CancellationToken cancellation) =>
        cameras.Find(id) is { } config && cameras.Get(config.Uid.ToString("D")) is { } camera ? ToDto(await camera.ObserveAsync(cancellation), secrets, settings) : null;

    private static CameraDto ToDto(CameraObserved camera, CameraSecrets secrets, BoxSettings settings)
    {
        var config = camera.Config;
        var url = secrets.MaskedUrl(config);
        var address = url is null ? null : new Uri(url);
        var video = camera.Stream?.Format?.Video;
        return new CameraDto
        {
            Id = config.Slug,
            Uid = config.Uid,
            Name = config.Name,
            Address = address?.Host ?? Secret.Mask,
            RtspPort = address is { Port: > 0 } ? address.Port : address is { Scheme: "rtsps" } ? 322 : 554,
            MainStreamUrl = url ?? Secret.Mask,
            Username = secrets.MaskedUsername(config),
            HasPassword = config.SealedPassword is not null,
            Enabled = config.Enabled,
            RecordEnabled = config.Enabled,
            RecordAudio = config.Audio,
            RecordMode = RecordModes.Word(config.Mode),
            PreRollSeconds = config.PreRollSeconds,
            PostRollSeconds = config.PostRollSeconds,
            Wanted = [.. camera.Wish.Wishes.Select(w => w.Reason).Distinct().Order()],
            WantedUntil = camera.Wish.Until,
            SegmentSeconds = config.SegmentSeconds ?? settings.Recording.SegmentSeconds,
            Clock = config.CameraClock ? "camera" : "box",
            CertificateSha256 = config.Certificate,
            AnrEnabled = config.Anr,
            AnrReplayUrlTemplate = secrets.MaskedReplayUrl(config),
            RetentionHours = config.RetentionHours,
            StorageQuotaBytes = config.QuotaBytes,
            MirrorEnabled = settings.Recording.Mirrors(config.Mirror),
            Events = secrets.EventsView(config),
            Owner = config.Owner,
            State = camera.Condition,
            Cause = camera.Cause,
            Codec = video?.CodecString,
            Width = video?.Width,
            Height = video?.Height,
            CreatedAt = config.CreatedAt,
        };
    }
}
