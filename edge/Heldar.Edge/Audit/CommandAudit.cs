using System.Data.Common;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Audit;

/// <summary>
/// Writes down what a command did, also beside a running box: the database lets one of both write at a time. A box that has never run has no log yet, and what cannot be written
/// is said on standard error; the deed is done either way.
/// </summary>
internal static class CommandAudit
{
    /// <summary>Adds an entry by <see cref="AuditActors.Command"/>.</summary>
    /// <param name="dataFolder">The box's.</param>
    /// <param name="action">A stable word with a dot.</param>
    /// <param name="target">What it was done to.</param>
    /// <param name="detail">More; no secrets.</param>
    /// <returns>True when it stands in the log.</returns>
    public static bool Note(string dataFolder, string action, string target, object? detail = null)
    {
        var file = StoreOptions.FileIn(dataFolder);
        try
        {
            var state = StoreSchema.Compare(file, StoreSchema.Embedded());
            if (state == SchemaState.None) return false;
            if (state != SchemaState.Same) throw new InvalidDataException("the database is of another version");
            DapperTypes.Register();
            using var db = new SqliteConnection(file);
            db.Open();
            using var transaction = db.BeginTransaction();
            AuditLog.Append(db, new AuditEntry(AuditActors.Command, action, target) { Detail = detail }, SystemClock.Instance.GetCurrentInstant(), AuditLog.Kept);
            transaction.Commit();
            return true;
        }
        catch (Exception e) when (e is DbException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"not in the audit log: {action} {target}: {e.Message}");
            return false;
        }
    }
}
