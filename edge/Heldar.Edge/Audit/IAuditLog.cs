using System.Data.Common;

namespace Heldar.Edge.Audit;

/// <summary>Where rooms write down what people and keys did. Thread-safe.</summary>
internal interface IAuditLog
{
    /// <summary>
    /// Adds an entry within the caller's transaction, so that the deed and its record stand or fall together. Called on the store's writer thread:
    /// within the work that is given to <see cref="Store.IStoreWriter.EnqueueAsync"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The action is no stable word.</exception>
    void Append(DbConnection tx, AuditEntry entry);

    /// <summary>Adds an entry in a transaction of its own; completes when it is on disk.</summary>
    /// <exception cref="ArgumentException">The action is no stable word.</exception>
    Task AppendAsync(AuditEntry entry, CancellationToken cancellation = default);
}
