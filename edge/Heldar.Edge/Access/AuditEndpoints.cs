using System.Globalization;
using System.Text.Json;
using Heldar.Contracts.Api;
using Heldar.Edge.Api;
using Heldar.Edge.Audit;

namespace Heldar.Edge.Access;

/// <summary>Reading the audit log, under <c>/api/v1/audit</c>.</summary>
internal static class AuditEndpoints
{
    private const int DefaultPage = 100;
    private static readonly JsonElement NoDetail = JsonDocument.Parse("{}").RootElement;

    public static void MapAudit(this IEndpointRouteBuilder app)
    {
        var audit = app.MapGroup("/api/v1/audit").WithTags("access").Needs(Capability.AuditRead).BoxWide();
        audit.MapGet("", PageAsync).Produces<AuditPageDto>().Produces<ErrorBody>(400);
        audit.MapGet("/verify", VerifyAsync).Produces<AuditVerdictDto>();
    }

    private static async Task<IResult> PageAsync(string? before, string? limit, string? camera_uid, AuditLog log, CancellationToken cancellation)
    {
        long? first = null;
        if (before is not null)
        {
            if (!long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return Problems.BadRequest("before must be the number of an entry");
            first = number;
        }

        var most = DefaultPage;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out most) || most is < 1 or > AuditLog.MaxPage))
            return Problems.BadRequest($"limit must be a whole number from 1 to {AuditLog.MaxPage}");
        Guid? camera = null;
        if (camera_uid is not null)
        {
            if (!Guid.TryParseExact(camera_uid, "D", out var uid)) return Problems.BadRequest("camera_uid must be the uid of a camera");
            camera = uid;
        }

        var rows = await log.PageAsync(first, camera, most, cancellation);
        return Results.Json(
            new AuditPageDto([.. rows.Select(r => new AuditDto(r.Seq, r.At, r.Actor, r.Action, r.Target, r.Camera, Parse(r.Detail), r.Hash))], rows.Count == most ? rows[^1].Seq : null), BoxJson.Options);
    }

    private static async Task<IResult> VerifyAsync(string? head, AuditLog log, CancellationToken cancellation)
    {
        var v = await log.VerifyAsync(head, cancellation);
        return Results.Json(new AuditVerdictDto(v.Sound, v.Entries, v.Anchor, v.Head, v.FirstBroken, v.HeadFound), BoxJson.Options);
    }

    /// <summary>Details that somebody damaged are left out; the verify names their row.</summary>
    private static JsonElement Parse(string detail)
    {
        try
        {
            return JsonDocument.Parse(detail).RootElement;
        }
        catch (JsonException)
        {
            return NoDetail;
        }
    }
}
