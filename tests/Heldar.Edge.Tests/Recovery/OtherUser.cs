using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Heldar.Edge.Tests.Recovery;

/// <summary>Does something with the rights of a user that is not root: on a thread of its own, since only that thread's rights change. Whoever is not root keeps its own.</summary>
internal static class OtherUser
{
    private const uint Nobody = 65534;

    public static T Does<T>(Func<T> work)
    {
        var done = default(T)!;
        ExceptionDispatchInfo? failed = null;
        var thread = new Thread(() =>
        {
            try
            {
                _ = SetFsUid(Nobody);
                done = work();
            }
            catch (Exception e)
            {
                failed = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failed?.Throw();
        return done;
    }

#pragma warning disable SYSLIB1054 // LibraryImport generates unsafe code, which this assembly does not allow; the call has no data to marshal.
    [DllImport("libc", EntryPoint = "setfsuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetFsUid(uint user);
#pragma warning restore SYSLIB1054
}
