using System.Text.Json;
using System.Text.Json.Serialization;
using Heldar.Contracts;

namespace Heldar.Edge.Api;

/// <summary>JSON of the box's own API: snake_case, enums as snake_case text, times as RFC 3339 ending in Z.</summary>
internal static class BoxJson
{
    /// <summary>Shared, read-only options. Thread-safe.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>Brings a host's own options to this dialect.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.MaxDepth = HeldarJson.MaxDepth;
        options.AllowDuplicateProperties = false;
        options.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        HeldarJson.Configure(options);
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
