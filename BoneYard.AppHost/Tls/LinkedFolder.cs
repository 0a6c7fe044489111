namespace BoneYard.Tls;

/// <summary>A folder to which links in a mounted folder lead: mounted where they lead to inside the container, they work there too.</summary>
/// <param name="Source">The folder on the host.</param>
/// <param name="Target">Where the links look for it in the container.</param>
internal sealed record LinkedFolder(string Source, string Target);
