namespace Heldar.Edge;

/// <summary>What the command line asks for.</summary>
/// <param name="Verb">run, keys-add, version or help.</param>
/// <param name="Config">Settings file.</param>
/// <param name="Name">Name of a new key.</param>
/// <param name="Role">Role of a new key: admin or viewer.</param>
/// <param name="Error">What is wrong with the command line, or null.</param>
internal sealed record BoxCommand(string Verb, string Config, string? Name, string Role, string? Error)
{
    public const string Usage = """
        heldar-edge --config heldar.yaml                             run the box
        heldar-edge keys add --config heldar.yaml --name NAME        make an API key and print it once
                    [--role admin|viewer]                            default: admin
        heldar-edge --version
        """;

    public static BoxCommand Parse(string[] args)
    {
        var command = new BoxCommand("run", "heldar.yaml", null, "admin", null);
        var rest = new Queue<string>(args);
        if (rest.TryPeek(out var first) && first == "keys")
        {
            rest.Dequeue();
            if (!rest.TryDequeue(out var what) || what != "add") return command with { Error = "keys knows: add" };
            command = command with { Verb = "keys-add" };
        }

        while (rest.TryDequeue(out var option))
        {
            if (option is "--help" or "-h") return command with { Verb = "help" };
            if (option == "--version") return command with { Verb = "version" };
            if (!rest.TryDequeue(out var value)) return command with { Error = $"{option} needs a value" };
            switch (option)
            {
                case "--config": command = command with { Config = value }; break;
                case "--name" when command.Verb == "keys-add": command = command with { Name = value }; break;
                case "--role" when command.Verb == "keys-add": command = command with { Role = value }; break;
                default: return command with { Error = $"{option} is not an option" };
            }
        }

        if (command.Verb == "keys-add" && command.Name is not { Length: >= 1 and <= 100 }) return command with { Error = "--name needs 1 to 100 characters" };
        return command.Role is "admin" or "viewer" ? command : command with { Error = "--role is admin or viewer" };
    }
}
