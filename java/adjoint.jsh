// What a JShell session with Adjoint starts with; from the root of the repository:
//   jshell --class-path java/cli/target/adjoint.jar --startup DEFAULT --startup java/adjoint.jsh
import org.adjoint.*;
import org.adjoint.check.GradCheck;
import org.adjoint.symbolic.Symbolic;
import static org.adjoint.DType.*;
import static org.adjoint.Tensor.*;
System.out.println(Adjoint.info());
