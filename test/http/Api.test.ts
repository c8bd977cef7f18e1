import { blackBox } from "./blackBox.ts"
import { fakeFloors, serviceOver } from "./fakeService.ts"

blackBox("the HTTP floor", serviceOver(fakeFloors))
