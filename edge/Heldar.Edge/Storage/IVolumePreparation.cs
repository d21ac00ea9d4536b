using Heldar.Edge.Seals;

namespace Heldar.Edge.Storage;

/// <summary>What a volume needs before it is written to.</summary>
internal interface IVolumePreparation
{
    /// <summary>Salvages what was left open on it. Blocks for as long as the disk takes.</summary>
    void Prepare(Volume volume, SealLog seals, CancellationToken cancellation);

    /// <summary>Brings the index up to its seal log.</summary>
    Task ReconcileAsync(Volume volume, CancellationToken cancellation);
}
