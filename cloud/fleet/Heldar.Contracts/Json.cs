using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Contracts;

/// <summary>The one JSON dialect of every Heldar contract: camelCase, enums as camelCase text, instants as RFC 3339 text ending in Z.</summary>
public static class HeldarJson
{
    /// <summary>Largest nesting that any contract accepts; deeper input is refused before it is bound.</summary>
    public const int MaxDepth = 16;

    /// <summary>Shared, read-only options. Thread-safe.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>The word that stands for a value in every contract, for example <c>disk_full</c>.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum => JsonSerializer.SerializeToElement(value, Options).GetString()!;

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            MaxDepth = MaxDepth,
            NumberHandling = JsonNumberHandling.Strict,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            AllowDuplicateProperties = false,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        Configure(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    /// <summary>Adds the converters of this dialect to a host's own options.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Converters.Add(new InstantConverter());
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
    }

    private sealed class InstantConverter : JsonConverter<Instant>
    {
        public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            InstantText.Parse(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("a time must be text, such as 2026-11-21T04:37:00Z"));

        public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options) => writer.WriteStringValue(InstantText.Format(value));
    }
}

/// <summary>RFC 3339 text for instants: always UTC, always ending in Z, up to 9 fractional digits, none when zero.</summary>
public static class InstantText
{
    /// <summary>Writes an instant, for example <c>2026-11-21T04:37:00.25Z</c>.</summary>
    public static string Format(Instant value) => InstantPattern.ExtendedIso.Format(value);

    /// <summary>Reads an RFC 3339 time with Z or an offset. Throws <see cref="System.Text.Json.JsonException"/> otherwise.</summary>
    public static Instant Parse(string text) =>
        TryParse(text, out var value) ? value : throw new JsonException($"'{Shorten(text)}' is not an RFC 3339 time such as 2026-11-21T04:37:00Z");

    /// <summary>Reads an RFC 3339 time with Z or an offset.</summary>
    public static bool TryParse(string? text, out Instant value)
    {
        value = default;
        if (text is null || text.Length > 64) return false;
        var instant = InstantPattern.ExtendedIso.Parse(text);
        if (instant.Success)
        {
            value = instant.Value;
            return true;
        }

        var offset = OffsetDateTimePattern.Rfc3339.Parse(text);
        if (!offset.Success) return false;
        try
        {
            value = offset.Value.ToInstant();
            return true;
        }
        catch (OverflowException)
        {
            // An offset can carry the first and the last day of the calendar beyond it.
            return false;
        }
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : string.Create(CultureInfo.InvariantCulture, $"{text[..40]}…");
}
