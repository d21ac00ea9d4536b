using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Heldar.Contracts.Events;

/// <summary>
/// The trace that an event belongs to, as the CloudEvents extension "Distributed Tracing" carries it: <c>traceparent</c> and <c>tracestate</c> of W3C Trace
/// Context. It is the context in which the event was made and stays the same all the way. Nothing depends on it: a value that is none is ignored, never refused.
/// </summary>
public static class TraceContext
{
    /// <summary>Longest tracestate that is carried; longer ones are left out, as the specification allows.</summary>
    public const int MaxState = 256;

    private const int ParentLength = 55;

    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    /// <summary>The context of an event; the default one when it carries none.</summary>
    public static ActivityContext Of(CloudEvent one)
    {
        ArgumentNullException.ThrowIfNull(one);
        return Of(one.Traceparent, one.Tracestate);
    }

    /// <summary>The context that the two texts say; the default one when the first is none.</summary>
    public static ActivityContext Of(string? traceparent, string? tracestate) =>
        IsParent(traceparent) && ActivityContext.TryParse(traceparent, IsState(tracestate) ? tracestate : null, isRemote: true, out var context) ? context : default;

    /// <summary>The text of a context, for example <c>00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01</c>; null for the default one.</summary>
    public static string? ParentOf(ActivityContext context) =>
        context == default ? null : $"00-{context.TraceId.ToHexString()}-{context.SpanId.ToHexString()}-{(context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? "01" : "00")}";

    /// <summary>A context's state as far as it may be carried, or null.</summary>
    public static string? StateOf(ActivityContext context) => IsState(context.TraceState) ? context.TraceState : null;

    /// <summary>Whether a text is a traceparent of version 00 with ids that are not zero.</summary>
    public static bool IsParent(string? text)
    {
        if (text is not { Length: ParentLength } || !text.StartsWith("00-", StringComparison.Ordinal) || text[35] != '-' || text[52] != '-') return false;
        var trace = text.AsSpan(3, 32);
        var span = text.AsSpan(36, 16);
        return IsHex(trace) && IsHex(span) && IsHex(text.AsSpan(53)) && trace.ContainsAnyExcept('0') && span.ContainsAnyExcept('0');
    }

    /// <summary>Whether a text can be carried as tracestate: key=value pairs of printable characters without line breaks, at most <see cref="MaxState"/>.</summary>
    public static bool IsState(string? text) =>
        text is { Length: >= 3 and <= MaxState } && text.All(c => c is >= ' ' and <= '~') && text.Split(',').All(p => p.IndexOf('=', StringComparison.Ordinal) is var at && at > 0 && at < p.Length - 1);

    private static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Hex);

    /// <summary>Reads a text that others wrote and that nothing depends on: what is none of its kind is absent, whatever stands there.</summary>
    internal abstract class TolerantConverter(int most, Func<string?, bool> isGood) : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String)
            {
                reader.Skip();
                return null;
            }

            var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
            if (length > most || reader.ValueIsEscaped) return null;
            var bytes = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
            var text = Ascii.IsValid(bytes) ? Encoding.ASCII.GetString(bytes) : null;
            return isGood(text) ? text : null;
        }

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }

    internal sealed class ParentConverter() : TolerantConverter(ParentLength, IsParent);

    internal sealed class StateConverter() : TolerantConverter(MaxState, IsState);
}
