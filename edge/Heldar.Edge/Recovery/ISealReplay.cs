using System.Data.Common;
using Heldar.Edge.Seals;

namespace Heldar.Edge.Recovery;

/// <summary>A room whose rows come back from the seal log when the database is behind it or lost.</summary>
internal interface ISealReplay
{
    /// <summary>Whether the record is one of the room's.</summary>
    bool Takes(SealRecord record);

    /// <summary>Brings a record into the room's table; answers how many rows changed. Every record may come again. Called within a transaction of the store's writer.</summary>
    int Apply(DbConnection db, Guid volume, SealRecord record);
}
