using System.Globalization;
using System.Text;
using Heldar.Edge.Secrets;

namespace Heldar.Edge.Enrolment;

/// <summary>
/// Counts the box's starts from 1 and its state events within one start from 1. The count lives in a file beside the key, not in the database:
/// a box whose database is lost must not look older than itself. Thread-safe.
/// </summary>
internal sealed class BootCounter
{
    private long _seq;

    private BootCounter(long bootSeq) => BootSeq = bootSeq;

    /// <summary>This start.</summary>
    public long BootSeq { get; }

    public static BootCounter Start(string dataFolder)
    {
        var file = Path.Combine(dataFolder, "boot-seq");
        var before = File.Exists(file) && long.TryParse(Encoding.ASCII.GetString(KeyFile.Read(file, 64)), NumberStyles.None, CultureInfo.InvariantCulture, out var kept) ? kept : 0;
        try
        {
            KeyFile.Write(file, Encoding.ASCII.GetBytes((before + 1).ToString(CultureInfo.InvariantCulture)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A disk that is full or read-only does not keep the box from recording; states of two starts with one number are told late.
        }

        return new BootCounter(before + 1);
    }

    /// <summary>The next state event's number.</summary>
    public long Next() => Interlocked.Increment(ref _seq);
}
