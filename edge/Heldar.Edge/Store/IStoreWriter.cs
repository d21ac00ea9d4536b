using System.Data.Common;

namespace Heldar.Edge.Store;

/// <summary>The one writer of the box's database. Thread-safe.</summary>
internal interface IStoreWriter
{
    /// <summary>Seal logs are being read into it: no mark but the reader's own may say how far they are.</summary>
    bool IsFilling => false;

    /// <summary>Waits until the seal logs are in it; at once when none are being read.</summary>
    Task FilledAsync(CancellationToken cancellation = default) => Task.CompletedTask;

    /// <summary>
    /// Runs the work in a transaction on the writer's thread. Works that wait at the same moment share one commit; each is atomic by itself, and one
    /// that throws is undone without harm to the others.
    /// </summary>
    /// <param name="work">SQL only: it holds up every other writer. It must not wait and must not keep the connection.</param>
    /// <param name="cancellation">Gives up waiting for a place in the queue; work that is in the queue runs.</param>
    /// <returns>Completes after the commit. Fails with what the work threw, or with a <see cref="DbException"/> when the commit failed.</returns>
    Task EnqueueAsync(Action<DbConnection> work, CancellationToken cancellation = default);
}
