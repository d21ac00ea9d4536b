using System.Text.Json.Nodes;
using Heldar.Contracts.Api;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.RuntimeSettings;

namespace Heldar.Edge.Upkeep;

/// <summary>Answer of <c>GET /api/v1/system/db</c>.</summary>
internal sealed record DatabaseDto
{
    public required long DbBytes { get; init; }

    /// <summary>Without the pages that are free.</summary>
    public required long DbUsedBytes { get; init; }

    /// <summary>The write-ahead log, cut above 32 MiB.</summary>
    public required long DbLogBytes { get; init; }

    public required double MaxDbGb { get; init; }

    public required long MaxDbBytes { get; init; }

    /// <summary>Whether the limit was changed at run time.</summary>
    public required bool MaxOverridden { get; init; }

    /// <summary>Whether free pages go back to the disk; if not, it can be converted.</summary>
    public required bool Incremental { get; init; }

    /// <summary>Why it is larger than it may be; absent while it is not.</summary>
    public string? Problem { get; init; }
}

/// <summary>Answer of <c>POST /api/v1/system/db/convert</c>.</summary>
/// <param name="Status"><c>started</c> or <c>already-incremental</c>.</param>
internal sealed record ConvertDto(string Status);

/// <summary>Routes about the box's database.</summary>
internal static class DatabaseEndpoints
{
    private const double Gigabyte = 1L << 30;

    public static void MapUpkeep(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/system/db").WithTags("system");
        group.MapGet("", GetAsync).Needs(Capability.SystemRead).BoxWide().Produces<DatabaseDto>();
        group.MapPut("", PutAsync).Needs(Capability.SystemManage).BoxWide().Accepts<JsonObject>("application/json").Produces<DatabaseDto>().Produces<ErrorBody>(400);
        group.MapPost("/convert", ConvertAsync).Needs(Capability.SystemManage).BoxWide().Produces<ConvertDto>().Produces<ErrorBody>(409);
    }

    private static async Task<IResult> GetAsync(Upkeeper upkeep, SettingsGroup<DatabaseLimits> limits, CancellationToken cancellation)
    {
        var size = await upkeep.MeasureAsync(cancellation);
        return Results.Json(
            new DatabaseDto
            {
                DbBytes = size.Bytes,
                DbUsedBytes = size.UsedBytes,
                DbLogBytes = size.LogBytes,
                MaxDbGb = limits.Current.MaxBytes / Gigabyte,
                MaxDbBytes = limits.Current.MaxBytes,
                MaxOverridden = limits.Changed.ContainsKey("max_bytes"),
                Incremental = size.Incremental,
                Problem = upkeep.Problem,
            },
            BoxJson.Options);
    }

    /// <summary>The kernel's own names for the group database.</summary>
    private static async Task<IResult> PutAsync(HttpRequest request, Caller caller, SettingsBook book, Upkeeper upkeep, SettingsGroup<DatabaseLimits> limits, CancellationToken cancellation)
    {
        var (body, refusal) = await RequestBody.ReadAsync<JsonObject>(request, cancellation);
        if (body is null) return refusal!;
        if (body.Count > 1) return Problems.BadRequest("give one of max_db_gb, max_db_bytes and db_max_bytes");
        foreach (var (name, value) in body)
        {
            if (Bytes(name, value) is not { } members) return Problems.BadRequest($"{name} must be a size above 0: max_db_gb in GiB, max_db_bytes or db_max_bytes in bytes; null takes a change back");
            var (problems, _) = await book.ChangeAsync(new JsonObject { ["database"] = members }, caller.Actor, cancellation);
            if (problems.Count > 0) return Problems.BadRequest(string.Join("; ", problems));
            upkeep.Ask(convert: false);
        }

        return await GetAsync(upkeep, limits, cancellation);
    }

    private static async Task<IResult> ConvertAsync(Upkeeper upkeep, CancellationToken cancellation)
    {
        if ((await upkeep.MeasureAsync(cancellation)).Incremental) return Results.Json(new ConvertDto("already-incremental"), BoxJson.Options);
        if (upkeep.BytesMissingToConvert() is > 0 and var missing) return Problems.Conflict($"{missing} more bytes must be free on the disk of the database: it is written twice meanwhile");
        upkeep.Ask(convert: true);
        return Results.Json(new ConvertDto("started"), BoxJson.Options);
    }

    private static JsonObject? Bytes(string name, JsonNode? value) => name switch
    {
        "max_db_gb" or "max_db_bytes" or "db_max_bytes" when value is null => new JsonObject { ["max_bytes"] = null },
        "max_db_gb" when value is JsonValue number && number.TryGetValue<double>(out var gigabytes) && gigabytes is > 0 and < 1_000_000 => new JsonObject { ["max_bytes"] = (long)(gigabytes * Gigabyte) },
        "max_db_bytes" or "db_max_bytes" when value is JsonValue => new JsonObject { ["max_bytes"] = value.DeepClone() },
        _ => null,
    };
}
