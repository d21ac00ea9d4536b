using Heldar.Edge.Access;
using Heldar.Edge.Cameras;
using Heldar.Edge.Secrets;

namespace Heldar.Edge;

/// <summary>What the rooms keep sealed in the database.</summary>
internal static class BoxSecrets
{
    public static IReadOnlyList<SealedColumn> Columns => [.. CameraSecrets.Columns, SecondFactor.Column];
}
