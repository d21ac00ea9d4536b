using System.Text;

namespace Heldar.Edge.Doctor;

/// <summary>One mounted file system.</summary>
/// <param name="Point">Where it is mounted.</param>
/// <param name="Device">Its device as <c>major:minor</c>.</param>
/// <param name="Kind">Kind of file system, such as <c>ext4</c>.</param>
/// <param name="Source">What is mounted, such as <c>/dev/sdb1</c>.</param>
/// <param name="ReadOnly">Mounted or become read-only.</param>
internal sealed record Mount(string Point, string Device, string Kind, string Source, bool ReadOnly);

/// <summary>The mount table of this process (proc(5), mountinfo). Immutable; reads hostile text.</summary>
internal sealed class Mounts(IReadOnlyList<Mount> all)
{
    public static Mounts Parse(string text)
    {
        var mounts = new List<Mount>();
        foreach (var line in text.Split('\n'))
        {
            var fields = line.Split(' ');
            var dash = Array.IndexOf(fields, "-", Math.Min(6, fields.Length));
            if (dash < 6 || fields.Length < dash + 4) continue;
            var options = fields[5].Split(',').Concat(fields[dash + 3].Split(','));
            mounts.Add(new Mount(Plain(fields[4]), fields[2], fields[dash + 1], Plain(fields[dash + 2]), options.Contains("ro", StringComparer.Ordinal)));
        }

        return new Mounts(mounts);
    }

    /// <summary>The file system that a path lies on: the deepest mount point above it, the last mounted one when several lie on one point.</summary>
    public Mount? Of(string path)
    {
        Mount? best = null;
        foreach (var mount in all)
        {
            var inside = mount.Point == "/" || path == mount.Point || path.StartsWith(mount.Point + "/", StringComparison.Ordinal);
            if (inside && (best is null || mount.Point.Length >= best.Point.Length)) best = mount;
        }

        return best;
    }

    /// <summary>Undoes the octal escapes of spaces and the like.</summary>
    private static string Plain(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal)) return field;
        var bytes = new List<byte>();
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length && field.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0)
            {
                bytes.Add((byte)(((field[i + 1] - '0') << 6) | ((field[i + 2] - '0') << 3) | (field[i + 3] - '0')));
                i += 3;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(field, i, 1));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
