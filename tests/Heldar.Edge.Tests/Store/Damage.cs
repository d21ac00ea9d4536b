using Heldar.Edge.Store;

namespace Heldar.Edge.Tests.Store;

/// <summary>What disks do to a database.</summary>
internal static class Damage
{
    /// <summary>Not one byte of it is a database any more; its log is gone.</summary>
    public static byte[] Garbage(string file)
    {
        var garbage = new byte[64 * 1024];
        new Random(7).NextBytes(garbage);
        File.Delete(file + "-wal");
        File.Delete(file + "-shm");
        File.WriteAllBytes(file, garbage);
        return garbage;
    }

    /// <summary>Every page but the first is zero on the disk, under whoever has it open.</summary>
    public static void Zero(BoxStore store)
    {
        Assert.True(store.CutLog(), "nothing is in the log alone");
        using var file = File.OpenHandle(store.FilePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.Write(file, new byte[RandomAccess.GetLength(file) - 4096], 4096);
    }
}
