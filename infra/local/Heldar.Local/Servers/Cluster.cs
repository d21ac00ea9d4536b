using Heldar.Local.Processes;

namespace Heldar.Local.Servers;

/// <summary>Makes PostgreSQL clusters: initdb once per machine for the password-less test cluster (a template that is copied), else once per folder.</summary>
internal static class Cluster
{
    /// <summary>The user that the server runs as: postgres for root, else this user (null).</summary>
    public static string? Owner => Environment.IsPrivilegedProcess ? "postgres" : null;

    /// <summary>Makes the cluster in <paramref name="folder"/> when there is none. Safe against an earlier attempt that was killed half-way.</summary>
    public static async Task EnsureAsync(string binaries, string folder, string? password, CancellationToken cancellation)
    {
        if (File.Exists(Path.Combine(folder, "PG_VERSION"))) return;
        string making = folder + ".making";
        if (Directory.Exists(making)) Directory.Delete(making, recursive: true);
        Directory.CreateDirectory(Path.GetDirectoryName(making)!);
        if (password is null)
        {
            string template = await TemplateAsync(binaries, cancellation);
            (await Tool.RunAsync("cp", ["-a", "--reflink=auto", template, making], cancellation)).OutputOrThrow("copying the PostgreSQL template");
        }
        else
        {
            await InitialiseAsync(binaries, making, password, cancellation);
        }

        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.Move(making, folder);
    }

    private static async Task<string> TemplateAsync(string binaries, CancellationToken cancellation)
    {
        string version = Path.GetFileName(Path.GetDirectoryName(binaries))!;
        string home = Path.Combine(Path.GetTempPath(), $"heldar-postgres-{version}-{Environment.UserName}");
        using FileLock one = await FileLock.TakeAsync(home + ".lock", cancellation);
        string template = Path.Combine(home, "template");
        if (File.Exists(Path.Combine(template, "PG_VERSION"))) return template;
        string making = Path.Combine(home, "making");
        if (Directory.Exists(home)) Directory.Delete(home, recursive: true);
        Directory.CreateDirectory(home);
        await InitialiseAsync(binaries, making, password: null, cancellation);
        Directory.Move(making, template);
        return template;
    }

    private static async Task InitialiseAsync(string binaries, string folder, string? password, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        List<string> arguments = ["-D", folder, "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"];
        string? passwordFile = null;
        try
        {
            if (password is null)
            {
                arguments.AddRange(["-A", "trust"]);
            }
            else
            {
                passwordFile = Path.GetTempFileName();
                await File.WriteAllTextAsync(passwordFile, password + "\n", cancellation);
                arguments.AddRange(["-A", "scram-sha-256", "--pwfile", passwordFile]);
            }

            string initdb = Path.Combine(binaries, "initdb");
            if (Owner is { } owner)
            {
                (await Tool.RunAsync("chown", [$"{owner}:{owner}", folder, .. passwordFile is null ? Array.Empty<string>() : [passwordFile]], cancellation)).OutputOrThrow("chown");
                arguments = [$"--reuid={owner}", $"--regid={owner}", "--init-groups", initdb, .. arguments];
                initdb = "setpriv";
            }

            (await Tool.RunAsync(initdb, arguments, cancellation, folder: "/")).OutputOrThrow("initdb");
        }
        finally
        {
            if (passwordFile is not null) File.Delete(passwordFile);
        }
    }
}
