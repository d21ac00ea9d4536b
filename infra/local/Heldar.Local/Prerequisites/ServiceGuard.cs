namespace Heldar.Local.Prerequisites;

/// <summary>
/// Keeps freshly installed packages from starting services (invoke-rc.d asks policy-rc.d, Debian Policy §9.3.3.1), as long as it is held.
/// A policy that the machine already has is left alone; one that a killed run of this program left behind is taken over and removed.
/// </summary>
internal sealed class ServiceGuard : IDisposable
{
    private const string Policy = "/usr/sbin/policy-rc.d";
    private const string Script = "#!/bin/sh\n# heldar: only while it installs packages\nexit 101\n";

    private readonly bool _ours;

    private ServiceGuard(bool ours) => _ours = ours;

    public static ServiceGuard Take()
    {
        if (File.Exists(Policy) && File.ReadAllText(Policy) != Script) return new(ours: false);
        File.WriteAllText(Policy, Script);
        File.SetUnixFileMode(Policy, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        return new(ours: true);
    }

    public void Dispose()
    {
        if (_ours) File.Delete(Policy);
    }
}
