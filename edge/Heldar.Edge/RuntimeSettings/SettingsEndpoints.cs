using System.Text.Json.Nodes;
using Heldar.Contracts.Api;
using Heldar.Edge.Access;
using Heldar.Edge.Api;

namespace Heldar.Edge.RuntimeSettings;

/// <summary>One group in an answer.</summary>
/// <param name="Values">What holds, or will hold where a restart is needed.</param>
/// <param name="Changed">What of it was changed at run time; the rest is what heldar.yaml says.</param>
/// <param name="NeedRestart">Settings that take effect at the next start.</param>
internal sealed record SettingsGroupDto(JsonObject Values, JsonObject Changed, IReadOnlyCollection<string> NeedRestart);

/// <summary>Answer of a change.</summary>
/// <param name="Settings">All groups as they are now.</param>
/// <param name="RestartNeeded">Settings of this change that take effect at the next start.</param>
internal sealed record SettingsChangedDto(IReadOnlyDictionary<string, SettingsGroupDto> Settings, IReadOnlyList<string> RestartNeeded);

/// <summary>Routes of settings that change while the box runs.</summary>
internal static class SettingsEndpoints
{
    public static void MapRuntimeSettings(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/v1/settings", (SettingsBook book) => Results.Json(Show(book), BoxJson.Options)).Needs(Capability.SystemRead).BoxWide().WithTags("system").Produces<IReadOnlyDictionary<string, SettingsGroupDto>>();
        app.MapPut("/api/v1/settings", PutAsync).Needs(Capability.SystemManage).BoxWide().WithTags("system")
            .Accepts<JsonObject>("application/json").Produces<SettingsChangedDto>().Produces<ErrorBody>(400);
        app.MapPut("/api/v1/system/retention", RetentionAsync).Needs(Capability.SystemManage).BoxWide().WithTags("system")
            .Accepts<JsonObject>("application/json").Produces<SettingsChangedDto>().Produces<ErrorBody>(400);
    }

    private static async Task<IResult> PutAsync(HttpRequest request, Caller caller, SettingsBook book, CancellationToken cancellation)
    {
        var (body, refusal) = await RequestBody.ReadAsync<JsonObject>(request, cancellation);
        return body is null ? refusal! : await ChangeAsync(caller, book, body, cancellation);
    }

    /// <summary>The kernel's own names for the group retention.</summary>
    private static async Task<IResult> RetentionAsync(HttpRequest request, Caller caller, SettingsBook book, CancellationToken cancellation)
    {
        var (body, refusal) = await RequestBody.ReadAsync<JsonObject>(request, cancellation);
        if (body is null) return refusal!;
        var members = body.Select(m => KeyValuePair.Create(
            m.Key switch
            {
                "recording_max_bytes" => "max_bytes",
                "recording_min_free_bytes" => "min_free_bytes",
                "retention_hours" => "hours",
                var other => other,
            },
            m.Value?.DeepClone())).DistinctBy(m => m.Key);
        return await ChangeAsync(caller, book, new JsonObject { ["retention"] = new JsonObject(members) }, cancellation);
    }

    private static async Task<IResult> ChangeAsync(Caller caller, SettingsBook book, JsonObject wanted, CancellationToken cancellation)
    {
        var (problems, atRestart) = await book.ChangeAsync(wanted, caller.Actor, cancellation);
        return problems.Count > 0
            ? Problems.BadRequest(string.Join("; ", problems))
            : Results.Json(new SettingsChangedDto(Show(book), atRestart), BoxJson.Options);
    }

    private static Dictionary<string, SettingsGroupDto> Show(SettingsBook book) =>
        book.Groups.ToDictionary(g => g.Name, g => new SettingsGroupDto(g.Show(), g.Changed, g.NeedRestart), StringComparer.Ordinal);
}
