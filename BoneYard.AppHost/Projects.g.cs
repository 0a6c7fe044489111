namespace Projects; public class BoneYard_AppHost { public static string ProjectPath => @"/work/main/BoneYard.AppHost"; }
