using System.Text.Json;
using System.Text.Json.Serialization;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Local.FleetSim;

/// <summary>One line of the log. Which fields are there depends on <see cref="Kind"/>: run, box, event, accepted, outage, missing.</summary>
internal sealed record SimLine
{
    /// <summary>
    /// <c>run</c>: how to make the same again. <c>box</c>: an identity or epoch begins. <c>event</c>: written before its batch is put for the first time.
    /// <c>accepted</c>: the queue took the batch; only then its events count as sent. <c>outage</c>: what was done on purpose.
    /// <c>missing</c>: what the cloud was not known to have when the run gave up waiting for it.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>Wall time of this machine.</summary>
    public required Instant At { get; init; }

    public Guid? Box { get; init; }

    public string? Event { get; init; }

    public string? Type { get; init; }

    public Guid? Camera { get; init; }

    /// <summary>The event's time by its box's clock.</summary>
    public Instant? Time { get; init; }

    /// <summary>SHA-256 of <see cref="Data"/>.</summary>
    public string? Hash { get; init; }

    /// <summary>The event's data, exactly as it is sent.</summary>
    public string? Data { get; init; }

    public SimOutcome? Outcome { get; init; }

    public EventClass? Class { get; init; }

    public string? Epoch { get; init; }

    public long? Batch { get; init; }

    public string? Queue { get; init; }

    /// <summary>From 1; more than 1 is a repeat of the same bytes.</summary>
    public int? Put { get; init; }

    /// <summary>For people.</summary>
    public string? Note { get; init; }
}

/// <summary>
/// The append-only log of what was sent: JSON lines, the ground truth of a drill. A line is on its way to the disk before the message is on its way to the queue, so
/// that nothing is in the index that the log does not know. Thread-safe.
/// </summary>
internal sealed class SimLog : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(HeldarJson.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private readonly Lock _lock = new();
    private readonly StreamWriter _writer;

    /// <param name="file">Must not exist: a ground truth is never written over.</param>
    public SimLog(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        File = file;
        _writer = new StreamWriter(new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.Read));
    }

    public string File { get; }

    public void Write(params IReadOnlyList<SimLine> lines)
    {
        lock (_lock)
        {
            foreach (SimLine line in lines) _writer.WriteLine(JsonSerializer.Serialize(line, Json));
            _writer.Flush();
        }
    }

    /// <summary>Reads a log back, line by line. The last line may be cut when its writer was killed; it is left out.</summary>
    public static IEnumerable<SimLine> Read(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } text)
        {
            SimLine? line = null;
            try
            {
                line = JsonSerializer.Deserialize<SimLine>(text, Json);
            }
            catch (JsonException) when (reader.EndOfStream)
            {
                // Cut by the end of its writer.
            }

            if (line is not null) yield return line;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
