using System.Data.Common;

namespace Heldar.Edge.Store;

/// <summary>What SQLite refused.</summary>
/// <param name="code">Extended result code, https://sqlite.org/rescode.html.</param>
/// <param name="message">For people.</param>
internal sealed class SqliteException(int code, string message) : DbException(message, code)
{
    /// <summary>The primary result code.</summary>
    public int ResultCode => ErrorCode & 0xFF;

    /// <summary>The file is not a database or is damaged.</summary>
    public bool IsDamage => ResultCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB;

    /// <summary>The file cannot be used now, and nothing is known to be wrong with what is in it: no room, no right, an error of the disk, a lock that somebody else holds.</summary>
    public bool IsUnusable => ResultCode is SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_PERM or SQLitePCL.raw.SQLITE_AUTH or SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_FULL
        or SQLitePCL.raw.SQLITE_IOERR or SQLitePCL.raw.SQLITE_NOMEM or SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED or SQLitePCL.raw.SQLITE_PROTOCOL;

    /// <summary>What was asked for is wrong, not the database: a constraint, a type, a size or a name.</summary>
    public bool IsRefusal => ResultCode is SQLitePCL.raw.SQLITE_CONSTRAINT or SQLitePCL.raw.SQLITE_MISMATCH or SQLitePCL.raw.SQLITE_TOOBIG or SQLitePCL.raw.SQLITE_RANGE or SQLitePCL.raw.SQLITE_ERROR;

    public override bool IsTransient => ResultCode is SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED;
}
