using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Heldar.Architecture.Tests;

/// <summary>
/// The sources of one assembly as the compiler understands them: constants, inferred types and relative names included, comments and texts left out.
/// Packages that are not at hand leave gaps in foreign types only; what belongs to the assembly itself is always known.
/// </summary>
internal sealed class SourceModel
{
    private static readonly ConcurrentDictionary<string, Lazy<SourceModel>> Read = new(StringComparer.Ordinal);

    private static readonly MetadataReference[] Platform =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(p => MetadataReference.CreateFromFile(p))];

    // What ImplicitUsings gives to programs of the web SDK; others have no use for the last lines.
    private const string ImplicitUsings =
        """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http;
        global using System.Net.Http.Json; global using System.Threading; global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder; global using Microsoft.AspNetCore.Hosting; global using Microsoft.AspNetCore.Http; global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration; global using Microsoft.Extensions.DependencyInjection; global using Microsoft.Extensions.Hosting; global using Microsoft.Extensions.Logging;
        """;

    private readonly string _root;
    private readonly CSharpCompilation _compilation;

    /// <param name="rootNamespace">Namespace whose next word is the room.</param>
    /// <param name="files">Path within the assembly's folder to source text.</param>
    public SourceModel(string rootNamespace, IReadOnlyDictionary<string, string> files)
    {
        var options = new CSharpParseOptions(LanguageVersion.Latest, DocumentationMode.None);
        _root = rootNamespace + ".";
        _compilation = CSharpCompilation.Create(
            rootNamespace,
            files.Append(new("", ImplicitUsings)).Select(f => CSharpSyntaxTree.ParseText(f.Value, options, f.Key)),
            Platform,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
    }

    /// <summary>The sources below a folder; read once per run.</summary>
    public static SourceModel Of(string folder, string rootNamespace) => Read.GetOrAdd(folder, _ => new(() => new(
        rootNamespace,
        Repository.Files(folder, ".cs").ToDictionary(f => Path.GetRelativePath(Path.Combine(Repository.Root, folder), f), File.ReadAllText, StringComparer.Ordinal)))).Value;

    /// <summary>Which rooms' things the files of a room name. Files outside of rooms compose and are left out.</summary>
    public IEnumerable<(string From, string To)> Edges()
    {
        foreach (var (tree, model, from) in Trees())
        {
            if (from is null) continue;
            foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
            {
                var meant = model.GetSymbolInfo(name);
                foreach (var symbol in meant.Symbol is { } one ? [one] : meant.CandidateSymbols)
                    if (RoomOf(symbol) is { } to) yield return (from, to);
            }
        }
    }

    /// <summary>Every log message: its event id (null when it states none), its room and its method.</summary>
    public IEnumerable<(int? Id, string Room, string Method)> LogEvents()
    {
        foreach (var (tree, model, room) in Trees())
        {
            foreach (var attribute in tree.GetRoot().DescendantNodes().OfType<AttributeSyntax>().Where(a => a.Name.ToString() is "LoggerMessage"))
            {
                var arguments = attribute.ArgumentList?.Arguments ?? default;
                var id = arguments.FirstOrDefault(a => a.NameEquals?.Name.Identifier.Text is "EventId") ?? arguments.FirstOrDefault(a => a.NameEquals is null);
                var method = attribute.FirstAncestorOrSelf<MethodDeclarationSyntax>()?.Identifier.Text ?? "?";
                yield return (id is null ? null : model.GetConstantValue(id.Expression).Value as int?, room ?? "", $"{tree.FilePath}: {method}");
            }
        }
    }

    private IEnumerable<(SyntaxTree Tree, SemanticModel Model, string? Room)> Trees()
    {
        foreach (var tree in _compilation.SyntaxTrees)
        {
            var parts = tree.FilePath.Split(Path.DirectorySeparatorChar, '/');
            yield return (tree, _compilation.GetSemanticModel(tree), parts.Length > 1 ? parts[0] : null);
        }
    }

    private string? RoomOf(ISymbol symbol)
    {
        if (symbol is IAliasSymbol alias) symbol = alias.Target;
        var space = symbol as INamespaceSymbol ?? (SymbolEqualityComparer.Default.Equals(symbol.ContainingAssembly, _compilation.Assembly) ? symbol.ContainingNamespace : null);
        var text = space?.ToDisplayString() ?? "";
        return text.StartsWith(_root, StringComparison.Ordinal) ? text[_root.Length..].Split('.')[0] : null;
    }
}
