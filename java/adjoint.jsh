// What a JShell session with Adjoint starts with: `adjoint shell`, or from the root of the repository:
//   jshell --class-path java/cli/target/adjoint.jar --startup DEFAULT --startup java/adjoint.jsh
// x.format() shows values, show(x) the graph: in a browser where there is one, else as text.
import org.adjoint.*;
import org.adjoint.check.GradCheck;
import org.adjoint.lens.Lens;
import org.adjoint.lens.Viewer;
import org.adjoint.lens.profile.Profile;
import org.adjoint.lens.stepper.Stepper;
import org.adjoint.nn.*;
import org.adjoint.nn.attention.*;
import org.adjoint.nn.data.*;
import org.adjoint.nn.image.*;
import org.adjoint.nn.norm.*;
import org.adjoint.nn.optim.*;
import org.adjoint.nn.recurrent.*;
import org.adjoint.nn.train.*;
import org.adjoint.symbolic.Symbolic;
import static org.adjoint.DType.*;
import static org.adjoint.Tensor.*;
void show(Tensor y) throws IOException { Viewer.here().show(y); }
void show(Lens picture) throws IOException { Viewer.here().show(picture); }
void show(Profile profile) throws IOException { Viewer.here().show(profile); }
void show(Stepper stepper) throws IOException { Viewer.here().show(stepper); }
System.out.println(Adjoint.info());
