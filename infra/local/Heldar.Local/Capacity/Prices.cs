using System.Reflection;
using System.Text.Json;

namespace Heldar.Local.Capacity;

/// <summary>The dated file of prices and sizes, all of them assumptions; see its note.</summary>
internal sealed record Prices
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

    public required string Date { get; init; }

    public required string Currency { get; init; }

    public required string Note { get; init; }

    public required double HoursPerMonth { get; init; }

    public required StoragePrices Storage { get; init; }

    public required FunctionPrices Functions { get; init; }

    public required ContainerPrices Containers { get; init; }

    public required DatabasePrices Database { get; init; }

    public required NetworkPrices Network { get; init; }

    /// <summary>Seconds of a month.</summary>
    public double SecondsPerMonth => HoursPerMonth * 3600;

    /// <summary>A file of one's own, or the one that comes with the program. Throws <see cref="JsonException"/> when something is missing.</summary>
    public static Prices Read(string? file)
    {
        using Stream text = file is null ? Assembly.GetExecutingAssembly().GetManifestResourceStream("Heldar.Local.Capacity.prices.json")! : File.OpenRead(file);
        return JsonSerializer.Deserialize<Prices>(text, Json) ?? throw new JsonException("the price file is empty");
    }
}

/// <summary>Queues and blobs.</summary>
internal sealed record StoragePrices(double QueueOperationsPer10k, double BlobWritesPer10k, double BlobReadsPer10k, double BlobGbMonth);

/// <summary>Flex Consumption, on demand.</summary>
internal sealed record FunctionPrices(double GbSecond, double ExecutionsPerMillion);

/// <summary>Container Apps, active.</summary>
internal sealed record ContainerPrices(double VCpuSecond, double GibSecond);

/// <summary>What leaves the region.</summary>
internal sealed record NetworkPrices(double OutgoingGb);

/// <summary>PostgreSQL flexible server; sizes from small to large.</summary>
internal sealed record DatabasePrices(double GbMonth, IReadOnlyList<DatabaseSize> Sizes);

/// <summary>One size: what it costs a month, and how many of our commits it is assumed to take.</summary>
internal sealed record DatabaseSize(string Name, int VCores, int Connections, double CommitsPerSecond, double Month);
