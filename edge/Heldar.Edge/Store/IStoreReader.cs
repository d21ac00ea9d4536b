using System.Data.Common;

namespace Heldar.Edge.Store;

/// <summary>Reads the box's database beside the writer, from the newest commit. Thread-safe.</summary>
internal interface IStoreReader
{
    /// <summary>The box's own database cannot be used, and this one stands in for it: what people have set is not in it, so nothing may be deleted by it.</summary>
    bool IsSubstitute => false;

    /// <summary>Seal logs are being read into it while the box records: older footage and holds have no rows yet.</summary>
    bool IsFilling => false;

    /// <summary>What has no row is not there. Otherwise nothing may be deleted, pruned or put away by what the rows do not say: a substitute stands in, or seal logs are being read.</summary>
    bool IsWhole => !IsSubstitute && !IsFilling;

    /// <summary>Runs a query on a pooled read-only connection; waits when all are busy.</summary>
    /// <param name="query">Reads and returns plain values; it must not keep the connection.</param>
    /// <param name="cancellation">Gives up waiting for a connection.</param>
    Task<T> ReadAsync<T>(Func<DbConnection, T> query, CancellationToken cancellation = default);
}
